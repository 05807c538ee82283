/** Resident memory of the Manager and the Agent, before anything is placed and as it stands after the other benchmarks. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark, Figure } from './benchmark.ts';

/** Until what starting needed has been given back. */
const QUIET_SECONDS = 20;

const marks: Record<string, string> = { manager: '≤ 150 MB', agent: '≤ 110 MB' };

export const idleMemory: Benchmark = {
  name: 'memory',
  title: `resident memory of an idle world, ${QUIET_SECONDS} s after it was ready`,
  run: ({ world }) => measure(world.file.pids, true),
};

export const loadedMemory: Benchmark = {
  name: 'memory-after',
  title: 'resident memory after the other benchmarks',
  run: ({ world }) => measure(world.file.pids, false),
};

async function measure(pids: Record<string, number>, marked: boolean): Promise<Figure[]> {
  await delay(QUIET_SECONDS * 1_000);
  return Object.entries(pids)
    .filter(([name]) => name === 'manager' || name.startsWith('agent-'))
    .map(([name, pid]) => ({
      name,
      value: residentMegabytes(pid),
      unit: 'MB',
      ...(marked && { mark: marks[name.split('-')[0] ?? ''] }),
    }));
}

function residentMegabytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(line?.[1] ?? Number.NaN) * 1024) / 1e6;
}
