/** All proofs of access, on one cluster: a world takes its time to come up, and none of the proofs leaves anything behind. */
import { afterAll, beforeAll } from 'vitest';
import { proveAdvisories } from './advisories.ts';
import { proveAttempts } from './attempts.ts';
import { proveCredentials } from './credentials.ts';
import { proveKubectl } from './kubectl-flows.ts';
import { proveMatrix } from './matrix.ts';
import { type AccessWorld, openAccessWorld } from './world.ts';

/** Gives the world, once it is there. */
export type Opened = () => AccessWorld;

export function proveAccess(name: 'sim' | 'real'): void {
  let opened: AccessWorld | undefined;
  const world: Opened = () => {
    if (opened === undefined) throw new Error('The world is not there yet.');
    return opened;
  };

  beforeAll(async () => {
    opened = await openAccessWorld(name);
  }, 1_200_000);

  afterAll(async () => {
    await opened?.close();
  }, 60_000);

  proveMatrix(world);
  proveAttempts(world);
  proveCredentials(world);
  proveAdvisories(world);
  proveKubectl(world);
}
