import { devFlow } from './dev.ts';

devFlow({ world: 'real', processes: 9 });
