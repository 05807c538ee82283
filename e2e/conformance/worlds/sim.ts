import type { World } from '../case.ts';
import type { Issuer } from '../issuer.ts';

export function openSimWorld(_issuer: Issuer): Promise<World> {
  throw new Error('The simulator is not there yet.');
}
