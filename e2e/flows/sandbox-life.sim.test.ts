import { sandboxLife } from './sandbox-life.ts';

sandboxLife('sim');
