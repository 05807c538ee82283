/**
 * What each project takes up on a cluster, added up object by object. An object counts by its namespace, and only where
 * that is a project's; how many objects there are does not matter to how much is kept.
 */
import type { ResourceAmounts } from '@kubenova/knapi/schemas.ts';
import { recordAt, recordsAt, textAt } from './dig.ts';
import { podLimits, podRequests } from './pod-resources.ts';
import { parseQuantity } from './quantity.ts';
import { addAmounts, roundedAmounts } from './resource-amounts.ts';

/** What one project requests and uses. */
export interface ProjectUsage {
  requested: ResourceAmounts;
  /** Null where the cluster measures nothing. */
  used: ResourceAmounts | null;
}

/** Amounts by project id; projects that have nothing are in it with nothing. */
export type Tally = ReadonlyMap<string, ResourceAmounts>;

/** The project of a namespace, by id. */
export type ProjectOf = ReadonlyMap<string, string>;

export function emptyTally(projectOf: ProjectOf): Tally {
  return new Map([...projectOf.values()].map((project) => [project, {}]));
}

/** A pod that may run or still does: what it requests and limits, and itself. Finished ones take up nothing. */
export function addPod(tally: Tally, projectOf: ProjectOf, pod: unknown): void {
  const phase = textAt(pod, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return;
  const limits = Object.entries(podLimits(pod)).map(([resource, value]) => [`limits.${resource}`, value] as const);
  add(tally, projectOf, pod, { ...podRequests(pod), ...Object.fromEntries(limits), pods: 1 });
}

/** A PersistentVolumeClaim and what it asks for. */
export function addClaim(tally: Tally, projectOf: ProjectOf, claim: unknown): void {
  const storage = parseQuantity(textAt(claim, 'spec', 'resources', 'requests', 'storage')) ?? 0;
  add(tally, projectOf, claim, { storage, persistentvolumeclaims: 1 });
}

/** An object of a kind that is only counted, under the name that a quota gives it. */
export function addCounted(tally: Tally, projectOf: ProjectOf, object: unknown, resource: string): void {
  add(tally, projectOf, object, { [resource]: 1 });
}

/** A `PodMetrics` (metrics.k8s.io/v1beta1): what the containers of a pod used. */
export function addMeasured(tally: Tally, projectOf: ProjectOf, metrics: unknown): void {
  for (const container of recordsAt(metrics, 'containers')) {
    const usage: ResourceAmounts = {};
    for (const [resource, quantity] of Object.entries(recordAt(container, 'usage'))) {
      const value = typeof quantity === 'string' ? parseQuantity(quantity) : undefined;
      if (value !== undefined) usage[resource] = value;
    }
    add(tally, projectOf, metrics, usage);
  }
}

const ALWAYS = { cpu: 0, memory: 0 };

/** Everything together, by project; what was counted nowhere is zero, so that a gap is never taken for nothing. */
export function usageOf(requested: readonly Tally[], used: Tally | undefined): Map<string, ProjectUsage> {
  const usage = new Map<string, ProjectUsage>();
  for (const project of requested[0]?.keys() ?? []) {
    const sum: ResourceAmounts = { ...ALWAYS, storage: 0, pods: 0 };
    for (const tally of requested) addAmounts(sum, tally.get(project) ?? {});
    const measured = used === undefined ? null : roundedAmounts({ ...ALWAYS, ...used.get(project) });
    usage.set(project, { requested: roundedAmounts(sum), used: measured });
  }
  return usage;
}

function add(tally: Tally, projectOf: ProjectOf, object: unknown, amounts: ResourceAmounts): void {
  const project = projectOf.get(textAt(object, 'metadata', 'namespace'));
  const sum = project === undefined ? undefined : tally.get(project);
  if (sum !== undefined) addAmounts(sum, amounts);
}
