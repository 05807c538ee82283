/** What the workload controllers share: whose an object is, taking in what their selectors match, pods and conditions. */
import { createHash, randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Condition, LabelSelector } from '@kubenova/kube/kinds/meta.ts';
import { Pod, type PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject, ObjectMeta, ObjectRef, OwnerReference } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { ApiError, isApiError } from '../api/api-error.ts';
import { labelSelectorPredicate } from '../selectors/label.ts';
import type { Change } from '../store/store.ts';
import type { ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';

/** Letters of generated names and hashes: no vowels, so that they spell nothing. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export const keyOf = ({ namespace, name }: { namespace?: string; name: string }): string =>
  `${namespace ?? ''}/${name}`;

export function refOf(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export const metaRef = ({ metadata }: KubeObject): ObjectRef => ({
  name: metadata.name,
  namespace: metadata.namespace,
});

export function randomSuffix(): string {
  return Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** A short name for a value, whatever the order of its fields. */
export function hashOf(value: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(value, sorted)).digest();
  return Array.from(digest.subarray(0, 10), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

export function controllerReference({ apiVersion, kind, metadata }: KubeObject): OwnerReference {
  const { name, uid = '' } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The key of the controller of what changed, if it is of this kind; of both when it changed hands. */
export function controllerKeys({ entry, previous }: Change, kind: string): string[] {
  const owners = [entry, previous].map((version) => version && controllerOf(version.object));
  const names = owners.filter((owner) => owner?.kind === kind).map((owner) => owner?.name);
  return [...new Set(names)].map((name) => `${entry.namespace}/${name}`);
}

/**
 * What an owner controls: what is its already and still matches its selector, and what matches and is nobody's, which it
 * takes over; what no longer matches it lets go. Oldest first.
 */
export async function claim<T extends KubeObject>(
  { client }: ControllerContext,
  owner: KubeObject,
  resource: Resource<T>,
  selector: LabelSelector | undefined,
): Promise<T[]> {
  const matches = labelSelectorPredicate(selector);
  const { uid, namespace, deletionTimestamp } = owner.metadata;
  const claimed: T[] = [];
  for (const object of client.list(resource, namespace)) {
    const { ownerReferences = [], labels, deletionTimestamp: ending } = object.metadata;
    const controller = controllerOf(object);
    const matching = matches(labels);
    if (controller === undefined ? !matching || deletionTimestamp || ending : controller.uid !== uid) continue;
    if (controller === undefined || (!matching && !deletionTimestamp)) {
      const others = ownerReferences.filter((reference) => reference.uid !== uid);
      const references = matching ? [...others, controllerReference(owner)] : others;
      const metadata = { uid: object.metadata.uid, ownerReferences: references };
      const patched = await client.patch(resource, metaRef(object), { metadata });
      if (matching) claimed.push(patched);
    } else claimed.push(object);
  }
  return claimed.sort(byAge);
}

export function byAge(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`);
  return left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1;
}

export const condition = (object: KubeObject, type: string): Condition | undefined =>
  (object.status as { conditions?: Condition[] } | undefined)?.conditions?.find((entry) => entry.type === type);

export const isActive = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

export const isReady = (pod: Pod): boolean => condition(pod, 'Ready')?.status === 'True';

/** Splits off the pods that have been ready for long enough, and tells when the next will have been. */
export function availability(
  pods: readonly Pod[],
  minReadySeconds = 0,
  now: number,
): { ready: Pod[]; available: Pod[]; againInMs: number | undefined } {
  const ready = pods.filter(isReady);
  const waits = ready.map((pod) => {
    const since = Date.parse(condition(pod, 'Ready')?.lastTransitionTime ?? '');
    return minReadySeconds === 0 ? 0 : Math.max(0, since + minReadySeconds * 1_000 - now);
  });
  const open = waits.filter((wait) => wait > 0);
  return {
    ready,
    available: ready.filter((_, index) => waits[index] === 0),
    againInMs: open.length === 0 ? undefined : Math.min(...open),
  };
}

/** A pod of a template. */
export function podFrom(owner: KubeObject, template: PodTemplateSpec, name: string, labels: object = {}): Pod {
  const { metadata = {} } = template;
  const meta: ObjectMeta & { generateName: string } = {
    name,
    generateName: `${owner.metadata.name}-`,
    namespace: owner.metadata.namespace,
    labels: { ...metadata.labels, ...labels },
    ...(metadata.annotations && { annotations: metadata.annotations }),
    ...(metadata.finalizers && { finalizers: metadata.finalizers }),
    ownerReferences: [controllerReference(owner)],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec: template.spec };
}

/** Creates pods until one is refused, and answers why; a namespace that goes away is no reason to complain. */
export async function createPods(
  context: ControllerContext,
  emit: Emit,
  owner: KubeObject,
  pods: readonly Pod[],
): Promise<ApiError | undefined> {
  for (const pod of pods) {
    try {
      const { metadata } = await context.client.create(Pod, pod);
      await emit(context, owner, { reason: 'SuccessfulCreate', message: `Created pod: ${metadata.name}` });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const causes = error.status.details?.causes ?? [];
      if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) return undefined;
      const message = `Error creating: ${error.message}`;
      await emit(context, owner, { type: 'Warning', reason: 'FailedCreate', message });
      return error;
    }
  }
  return undefined;
}

export async function deletePods(
  context: ControllerContext,
  emit: Emit,
  owner: KubeObject,
  pods: readonly Pod[],
): Promise<void> {
  for (const pod of pods) {
    await deleteIt(context, Pod, pod);
    await emit(context, owner, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
  }
}

/** Deletes this very object, in the background; another one of its name stays. */
export async function deleteIt(context: ControllerContext, resource: Resource, object: KubeObject): Promise<void> {
  const { uid } = object.metadata;
  try {
    await context.client.delete(resource, metaRef(object), { ...(uid && { uid }), propagationPolicy: 'Background' });
  } catch (error) {
    if (!isApiError(error, 'Conflict')) throw error;
  }
}

/** A condition with the times that some kinds have besides. */
export interface StatusCondition extends Condition {
  lastProbeTime?: string | null;
  lastUpdateTime?: string;
}

/** A condition set in a list, with its times; where status and reason stay, nothing changes. */
export function withCondition<T extends StatusCondition>(conditions: readonly T[], next: T, now: string): T[] {
  const old = conditions.find(({ type }) => type === next.type);
  if (old?.status === next.status && old.reason === next.reason) return [...conditions];
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : now;
  return [...without(conditions, next.type), { lastTransitionTime: lastTransitionTime ?? now, ...next }];
}

export const without = <T extends StatusCondition>(conditions: readonly T[], unwanted: string): T[] =>
  conditions.filter(({ type }) => type !== unwanted);

/** What `reconcile` answers. */
export const again = (ms: number | undefined): { againInMs: number } | undefined =>
  ms === undefined ? undefined : { againInMs: ms };

/** Counts as Kubernetes writes most of them: not at all when zero. */
export const nonZero = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

/** Writes a status unless it says what is there already. */
export async function writeStatus<T extends KubeObject>(
  { client }: ControllerContext,
  resource: Resource<T>,
  object: T,
  status: object,
): Promise<T> {
  const defined = Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
  if (isDeepStrictEqual(object.status ?? {}, defined)) return object;
  return client.update(resource, { ...object, status: defined }, 'status');
}
