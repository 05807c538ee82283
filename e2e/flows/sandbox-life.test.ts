import { sandboxLife } from './sandbox-life.ts';

sandboxLife('real');
