/**
 * What the projects of a cluster take up just now: one walk over its pods, one over its volume claims, one over each kind
 * that is only counted, and one over what the metrics API measured. Everything is read over all namespaces, since asking
 * for each of thousands would cost thousands of requests, and page by page, since nothing of it is kept.
 */
import {
  addClaim,
  addCounted,
  addMeasured,
  addPod,
  emptyTally,
  type ProjectOf,
  type ProjectUsage,
  type Tally,
  usageOf,
} from '@kubenova/domain/usage-tally.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { foldPages } from '@kubenova/kube/fold-pages.ts';
import { Deployment, StatefulSet } from '@kubenova/kube/kinds/apps.ts';
import { Job } from '@kubenova/kube/kinds/batch.ts';
import { ConfigMap, PersistentVolumeClaim, Pod, Service } from '@kubenova/kube/kinds/core.ts';
import { PodMetrics } from '@kubenova/kube/kinds/metrics.ts';
import type { Resource } from '@kubenova/kube/resource.ts';

/** Kinds that tenants fill a cluster with, under the names that a quota counts them by. */
const COUNTED: readonly (readonly [Resource, string])[] = [
  [ConfigMap, 'configmaps'],
  [Service, 'services'],
  [Deployment, 'count/deployments.apps'],
  [StatefulSet, 'count/statefulsets.apps'],
  [Job, 'count/jobs.batch'],
];

/** @returns what each project of `projectOf` takes up, by its id */
export async function probeUsage(
  kube: Pick<KubeClient, 'request'>,
  projectOf: ProjectOf,
  signal: AbortSignal,
): Promise<Map<string, ProjectUsage>> {
  const start = () => emptyTally(projectOf);
  const running = { signal, fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' };
  // One after another: this is in nobody's way, and should not be in the API server's.
  const tallies: Tally[] = [
    await foldPages(kube, Pod, running, start, (tally, pod) => addPod(tally, projectOf, pod)),
    await foldPages(kube, PersistentVolumeClaim, { signal }, start, (tally, claim) =>
      addClaim(tally, projectOf, claim),
    ),
  ];
  for (const [kind, resource] of COUNTED) {
    const count = (tally: Tally, object: unknown) => addCounted(tally, projectOf, object, resource);
    tallies.push(await foldPages(kube, kind, { signal, metadataOnly: true }, start, count));
  }
  return usageOf(tallies, await probeMeasured(kube, projectOf, signal));
}

/** Undefined where the cluster serves no metrics, or what should measure them does not answer. */
async function probeMeasured(
  kube: Pick<KubeClient, 'request'>,
  projectOf: ProjectOf,
  signal: AbortSignal,
): Promise<Tally | undefined> {
  try {
    return await foldPages(
      kube,
      PodMetrics,
      { signal },
      () => emptyTally(projectOf),
      (tally, metrics) => addMeasured(tally, projectOf, metrics),
    );
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Forbidden', 'ServerError')) throw error;
    return undefined;
  }
}
