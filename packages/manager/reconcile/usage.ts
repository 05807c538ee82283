/**
 * `usage:` — a sample of what the projects of a cluster take up, every five minutes. It has a key of its own so that one
 * Manager at a time takes it, a failure is put off like any other, and an administrator can ask for one now. A cluster
 * that does not answer gives no sample: a gap, and no zeros.
 */
import { probeUsage } from '../clusters/usage-probe.ts';
import { loadCluster } from '../store/status/clusters.ts';
import {
  averageOldUsage,
  forgetOldUsage,
  projectNamespaces,
  SAMPLE_SECONDS,
  saveUsage,
} from '../store/status/usage.ts';
import { type ReconcileContext, unreachableRecheckMs } from './context.ts';
import type { RunResult } from './worker.ts';

/** How many old samples one run works off: an hour of 200 projects and more, twelve times an hour. */
const OLD_AT_ONCE = 2_500;

export async function sampleUsage(
  context: ReconcileContext,
  clusterId: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const { db } = context;
  const cluster = await loadCluster(db, clusterId);
  if (cluster === undefined) return 'gone';
  // Samples grow old also while their cluster is away.
  await averageOldUsage(db, clusterId, OLD_AT_ONCE);
  await forgetOldUsage(db, clusterId, OLD_AT_ONCE);
  const projectOf = await projectNamespaces(db, clusterId);
  const visit = await context.clusters.visit(cluster, (kube) => probeUsage(kube, projectOf, signal));
  if (visit.kind === 'unreachable') return { requeueAfterMs: unreachableRecheckMs() };
  await saveUsage(db, clusterId, visit.value);
  // Spread, so that many clusters that were registered together do not stay together.
  return { requeueAfterMs: SAMPLE_SECONDS * 1_000 * (0.97 + Math.random() * 0.06) };
}
