/** The same proof on a simulated cluster: `./kubenova dev` must not show more than the real thing does. */
import { proveAccess } from './proofs.ts';

proveAccess('sim');
