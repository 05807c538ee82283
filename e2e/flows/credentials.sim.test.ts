import { credentials } from './credentials.ts';

credentials('sim', 2);
