/** What many simulated clusters take in one process. */
import type { StandaloneBenchmark } from '../benchmark.ts';
import { startChild } from './child.ts';

const CLUSTERS = 100;
const NAMESPACES = 1_000;

export const simReach: StandaloneBenchmark = {
  name: 'sim-reach',
  title: `${CLUSTERS} simulated clusters with ${NAMESPACES} app namespaces each, in one process`,
  standalone: true,
  async run(say) {
    const child = await startChild(CLUSTERS);
    try {
      const empty = await child.usage();
      const began = performance.now();
      const full = await child.fill(NAMESPACES, (clusters) => say(`${clusters} of ${CLUSTERS} clusters filled`));
      const seconds = (performance.now() - began) / 1000;
      return [
        { name: 'resident, clusters empty', value: empty.residentMegabytes, unit: 'MB' },
        { name: 'resident, full', value: full.residentMegabytes, unit: 'MB', mark: '≤ 1500' },
        { name: 'objects', value: full.objects, unit: 'objects' },
        { name: 'objects made, controllers included', value: full.objects / seconds, unit: '1/s' },
      ];
    } finally {
      child.stop();
    }
  },
};
