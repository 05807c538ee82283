/**
 * Runs the list of cases against one cluster, which the environment names: KUBENOVA_CONFORMANCE_WORLD, and for a part
 * of the list KUBENOVA_CONFORMANCE_FILTER. KUBENOVA_CONFORMANCE_RECORD=yes records the goldens anew.
 */
import { createKubeClient } from '@kubenova/kube/client.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { exclusion, offers, type WorldName, worldNames } from './case.ts';
import { allCases } from './cases/all.ts';
import { openGoldens } from './golden.ts';
import { openKubectl } from './kubectl.ts';
import { endRun, openScope, type Run } from './scope.ts';
import { openWire } from './wire.ts';
import { openWorld } from './worlds/connect.ts';

const environment = process.env;
const name = worldNames.find((known) => known === environment.KUBENOVA_CONFORMANCE_WORLD);
if (name === undefined) throw new Error(`KUBENOVA_CONFORMANCE_WORLD must be one of ${worldNames.join(', ')}.`);
const run = await openRun(name);

async function openRun(worldName: WorldName): Promise<Run> {
  const record = environment.KUBENOVA_CONFORMANCE_RECORD === 'yes';
  if (record && worldName === 'sim') throw new Error('Goldens are recorded from a real API server only.');
  const { world, issuer } = await openWorld(worldName);
  return {
    world,
    issuer,
    admin: createKubeClient(world.connection, { userAgent: 'conformance/1' }),
    wire: openWire(world.connection),
    kubectl: openKubectl(world),
    goldens: openGoldens(record ? 'record' : 'compare'),
    left: [],
  };
}

/** A case may wait for several things, each of which `Scope.until` gives up by itself. */
const patience = name === 'sim' ? 60_000 : 300_000;
const filter = environment.KUBENOVA_CONFORMANCE_FILTER ?? '';
const wanted = allCases.filter(({ id, title }) => `${id} ${title}`.includes(filter));
const here = wanted.filter((one) => exclusion(one, run.world) === undefined);

afterAll(async () => {
  for (const one of wanted) {
    const why = exclusion(one, run.world);
    if (why !== undefined) console.info(`not in ${name}: ${one.id} (${why})`);
  }
  console.info(`${here.length} of ${allCases.length} cases ran on: ${run.world.about}`);
  run.goldens.write(allCases.map(({ id }) => id));
  await endRun(run);
  run.kubectl.close();
  await Promise.all([run.wire.close(), run.admin.close()]);
  await run.world.close();
  await run.issuer?.close();
});

describe('the list', () => {
  it('names each case once, and says why for each that does not run everywhere', () => {
    const ids = allCases.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    for (const { id, only, needs = [] } of allCases) {
      expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
      expect(offers, id).toEqual(expect.arrayContaining([...needs]));
      if (only === undefined) continue;
      expect(only.why, id).toMatch(/\w+ \w+/);
      expect(only.worlds.length, id).toBeLessThan(worldNames.length);
    }
  });
});

describe.concurrent(`conformance, ${name}`, () => {
  for (const one of here) {
    it(
      `${one.id}: ${one.title}`,
      async () => {
        const scope = await openScope(run, one);
        try {
          await one.run(scope);
        } finally {
          await scope.close();
        }
      },
      patience,
    );
  }
});
