import type { KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { RealDevCluster } from '../packages/cli/dev/real-cluster.ts';
import type { ReadyWorld } from '../packages/cli/dev/world.ts';

/** One figure of a benchmark, with what a reader needs to judge it. */
export interface Figure {
  name: string;
  value: number;
  unit: 'µs' | 'ms' | 'MB' | '1/s' | '%' | '×' | 'requests' | 'objects';
  /** What it is to be compared with, where the product has set itself a mark. */
  mark?: string;
}

/** What a benchmark works on: a running real world that one cluster belongs to. */
export interface BenchWorld {
  world: ReadyWorld<RealDevCluster>;
  api: KubeNovaClient;
  cluster: string;
  /** Shows what is going on. */
  say(detail: string): void;
}

/** A benchmark measures; it judges nothing and asserts nothing. */
export interface Benchmark {
  name: string;
  title: string;
  run(bench: BenchWorld): Promise<Figure[]>;
}

/** A benchmark that starts what it measures by itself. */
export interface StandaloneBenchmark {
  name: string;
  title: string;
  standalone: true;
  run(say: (detail: string) => void): Promise<Figure[]>;
}

/** The value below which a share of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The answer's data, or a failure that shows the problem. */
export function dataOf<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

/** A small App from a container image. */
export function imageApp(name: string) {
  return {
    name,
    source: {
      kind: 'containerImage' as const,
      containerImage: { image: 'docker.io/library/nginx', tag: '1.27.1', ports: [80] },
    },
  };
}
