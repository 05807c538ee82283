/** All proofs of access, on one cluster: a world takes its time to come up, and none of the proofs leaves anything behind. */
import { afterAll, beforeAll } from 'vitest';
import { proveAdvisories } from './advisories.ts';
import { proveAttempts } from './attempts.ts';
import { proveCredentials } from './credentials.ts';
import { proveKubectl } from './kubectl-flows.ts';
import { proveMatrix } from './matrix.ts';
import { type PersonName, personNames } from './people.ts';
import { type AccessWorld, openAccessWorld } from './world.ts';

/** Gives the world, once it is there. */
export type Opened = () => AccessWorld;

/** Who is asked for cell by cell on the simulator, which the real server has to agree with anyhow. */
const fewer: readonly PersonName[] = ['acme-devs', 'shop-viewers', 'anonymous'];

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

  const who = name === 'real' ? personNames : fewer;
  proveMatrix(world, who, name === 'real' ? 'matrix.txt' : 'matrix.sim.txt');
  proveAttempts(world, who);
  proveCredentials(world);
  proveAdvisories(world);
  proveKubectl(world);
}
