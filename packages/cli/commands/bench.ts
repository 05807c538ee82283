/** `kubenova bench`: starts a real world of its own and prints figures. It judges nothing. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@kubenova/knapi/client.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import type { Benchmark, Figure, StandaloneBenchmark } from '../../../bench/benchmark.ts';
import { idle } from '../../../bench/idle.ts';
import { idleMemory, loadedMemory } from '../../../bench/memory.ts';
import { postApp } from '../../../bench/post-app.ts';
import { proxyGetNamespaces } from '../../../bench/proxy-get-ns.ts';
import { roleCheck } from '../../../bench/role-check.ts';
import { simReach } from '../../../bench/sim/reach.ts';
import { simRequests } from '../../../bench/sim/requests.ts';
import { tenantChange } from '../../../bench/tenant-change.ts';
import { timeToApplication } from '../../../bench/time-to-application.ts';
import { openDataFolder } from '../dev/data-folder.ts';
import { realClusters } from '../dev/real-cluster.ts';
import { startWorld } from '../dev/world.ts';
import { CommandFailure } from '../output/failure.ts';
import { createProgress, type Progress } from '../output/progress.ts';

/** In the order in which they run: the settled world is looked at when there is something in it. */
const benchmarks: readonly (Benchmark | StandaloneBenchmark)[] = [
  idleMemory,
  timeToApplication,
  idle,
  postApp,
  proxyGetNamespaces,
  loadedMemory,
  simRequests,
  simReach,
  tenantChange,
  roleCheck,
];

type Results = { benchmark: string; figures: Figure[] }[];

/**
 * Runs benchmarks: those of the product on a fresh real world, those of the simulator by themselves.
 *
 * @param names which; all when empty
 * @throws CommandFailure when a name is unknown
 */
export async function bench(names: readonly string[], options: { output: string }): Promise<void> {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    const known = benchmarks.map((benchmark) => benchmark.name).join(', ');
    throw new CommandFailure(`there is no benchmark '${unknown.join("', '")}'; there are ${known}`);
  }
  const chosen = benchmarks.filter((benchmark) => names.length === 0 || names.includes(benchmark.name));
  const progress = createProgress();
  const results: Results = [];
  const done = ({ name, title }: { name: string; title: string }, figures: Figure[]) => {
    results.push({ benchmark: name, figures });
    if (options.output !== 'json') print(title, figures);
  };
  const inWorld = chosen.filter((benchmark): benchmark is Benchmark => !('standalone' in benchmark));
  if (inWorld.length > 0) await benchRealWorld(inWorld, progress, done);
  for (const benchmark of chosen) {
    if ('standalone' in benchmark) done(benchmark, await progress.step(benchmark.title, (say) => benchmark.run(say)));
  }
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
}

async function benchRealWorld(
  chosen: readonly Benchmark[],
  progress: Progress,
  done: (benchmark: Benchmark, figures: Figure[]) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kubenova-bench-'));
  chmodSync(folder, 0o711);
  const data = openDataFolder(folder);
  const { manager } = await choosePorts(['manager'], data.file('bench-ports.json'));
  const running = startWorld(realClusters('writes'), { data, port: manager, clusters: 1, register: true, progress });
  try {
    const world = await running.ready;
    const api = createClient({ managerUrl: world.file.managerUrl, token: world.file.token });
    const cluster = world.file.clusters[0]?.name ?? '';
    for (const benchmark of chosen) {
      done(benchmark, await progress.step(benchmark.title, (say) => benchmark.run({ world, api, cluster, say })));
    }
  } finally {
    await progress.step('stopping everything', () => running.stop());
    data.release();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function print(title: string, figures: readonly Figure[]): void {
  process.stdout.write(`\n${title}\n`);
  for (const { name, value, unit, mark } of figures) {
    const number = value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
    process.stdout.write(
      `  ${name.padEnd(34)} ${number.padStart(8)} ${unit.padEnd(8)} ${mark ? `(mark: ${mark})` : ''}\n`,
    );
  }
}
