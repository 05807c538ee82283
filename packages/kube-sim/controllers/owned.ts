/** What the workload controllers share: whose an object is, taking in what their selectors match, pods and conditions. */
import { createHash, randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Condition, LabelSelector } from '@kubenova/kube/kinds/meta.ts';
import { Pod, type PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject, ObjectMeta, ObjectRef, OwnerReference } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { type ApiError, isApiError } from '../api/api-error.ts';
import { labelSelectorPredicate } from '../selectors/label.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';

/** Letters of generated names and hashes: no vowels, so that they spell nothing. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export const keyOf = ({ namespace = '', name }: ObjectRef): string => `${namespace}/${name}`;
export function refOf(key: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
export const metaRef = ({ metadata: { name, namespace } }: KubeObject): ObjectRef => ({ name, namespace });
export const suffixed = (name: string): string =>
  `${name.slice(0, 57)}-${Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;

/** A short name for a value, whatever the order of its fields. */
export function hashOf(value: unknown): string {
  const sorted = (_key: string, part: unknown): unknown =>
    typeof part !== 'object' || part === null || Array.isArray(part)
      ? part
      : Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = createHash('sha256').update(JSON.stringify(value, sorted)).digest();
  return Array.from(digest.subarray(0, 10), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

export const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

export function controllerReference({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/**
 * A controller of one kind that is woken by its objects and by what they control.
 * @param sync answers after how many ms to look again
 */
export function workloadController<T extends KubeObject>(
  name: string,
  resource: Resource<T>,
  controlled: string,
  sync: (object: T, context: ControllerContext) => Promise<number | undefined>,
): Controller {
  const storage = `${resource.plural}.${resource.group}`;
  return {
    name,
    watches: [storage, controlled],
    keysOf({ storage: changed, entry, previous }) {
      if (changed === storage) return [keyOf(entry)];
      const owners = [entry, previous].map((version) => version && controllerOf(version.object));
      const names = owners.flatMap((owner) => (owner?.kind === resource.kind ? owner.name : []));
      return [...new Set(names)].map((owner) => keyOf({ namespace: entry.namespace, name: owner }));
    },
    async reconcile(key, context) {
      const object = context.client.find(resource, refOf(key));
      const againInMs = object?.spec === undefined ? undefined : await sync(object, context);
      return againInMs === undefined ? undefined : { againInMs };
    },
  };
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
  const { uid, namespace, deletionTimestamp: ending } = owner.metadata;
  const claimed: T[] = [];
  for (const object of client.list(resource, namespace)) {
    const { ownerReferences = [], labels, deletionTimestamp } = object.metadata;
    const controller = controllerOf(object);
    const matching = matches(labels);
    const free = controller === undefined && matching && !ending && !deletionTimestamp;
    if (controller?.uid !== uid && !free) continue;
    if (!free && (matching || ending)) claimed.push(object);
    else {
      const others = ownerReferences.filter((reference) => reference.uid !== uid);
      const references = free ? [...others, controllerReference(owner)] : others;
      const metadata = { uid: object.metadata.uid, ownerReferences: references };
      const patched = await client.patch(resource, metaRef(object), { metadata });
      if (free) claimed.push(patched);
    }
  }
  return claimed.sort(byAge);
}

export function byAge(a: KubeObject, b: KubeObject): number {
  const [left = '', right = ''] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`);
  return left === right ? 0 : left < right ? -1 : 1;
}

export const isEnding = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;
export const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
export const isActive = (pod: Pod): boolean => !isEnding(pod) && !isOver(pod);
export const isReady = (pod: Pod): boolean => condition(pod, 'Ready')?.status === 'True';

/** Splits off the pods that have been ready for long enough, and tells in how many ms the next will have been. */
export function availability(pods: readonly Pod[], minReadySeconds = 0, now = 0) {
  const ready = pods.filter(isReady);
  const left = (pod: Pod): number =>
    minReadySeconds && Date.parse(condition(pod, 'Ready')?.lastTransitionTime ?? '') + minReadySeconds * 1_000 - now;
  const waits = ready.map(left).filter((ms) => ms > 0);
  const againInMs = waits.length === 0 ? undefined : Math.min(...waits);
  return { ready, available: ready.filter((pod) => left(pod) <= 0), againInMs };
}

/** A pod of a template. */
export function podFrom(owner: KubeObject, { metadata, spec }: PodTemplateSpec, name: string, labels = {}): Pod {
  const { annotations, finalizers } = metadata ?? {};
  const meta: ObjectMeta & { generateName: string } = {
    name,
    generateName: `${owner.metadata.name}-`,
    namespace: owner.metadata.namespace,
    labels: { ...metadata?.labels, ...labels },
    ...(annotations && { annotations }),
    ...(finalizers && { finalizers }),
    ownerReferences: [controllerReference(owner)],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec };
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
      await context.client.create(Pod, pod);
      await emit(context, owner, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
    } catch (error) {
      if (!isApiError(error)) throw error;
      if (error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating')) return undefined;
      await emit(context, owner, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `Error creating: ${error.message}`,
      });
      return error;
    }
  }
  return undefined;
}

export async function deletePods(context: ControllerContext, emit: Emit, owner: KubeObject, pods: readonly Pod[]) {
  for (const pod of pods) {
    await deleteIt(context, Pod, pod);
    await emit(context, owner, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
  }
}

/** Deletes this very object, in the background; another one of its name stays. */
export async function deleteIt({ client }: ControllerContext, resource: Resource, object: KubeObject): Promise<void> {
  const { uid } = object.metadata;
  await client.delete(resource, metaRef(object), { uid, propagationPolicy: 'Background' }).catch((error: unknown) => {
    if (!isApiError(error, 'Conflict')) throw error;
  });
}

/** A condition with what some kinds have besides. */
export interface StatusCondition extends Condition {
  lastProbeTime?: string | null;
  lastUpdateTime?: string;
}

export const condition = (object: KubeObject, type: string): StatusCondition | undefined =>
  (object.status as { conditions?: StatusCondition[] } | undefined)?.conditions?.find((one) => one.type === type);

/** Sets a condition in a list; where status and reason stay, nothing changes, unless `messages` matter too. */
export function withCondition(
  conditions: readonly StatusCondition[],
  next: StatusCondition,
  now: string,
  messages = false,
): StatusCondition[] {
  const old = conditions.find(({ type }) => type === next.type);
  const same = old?.status === next.status && old.reason === next.reason;
  if (same && (!messages || old.message === next.message)) return [...conditions];
  const since = old?.status === next.status ? old.lastTransitionTime : now;
  return [...without(conditions, next.type), { lastTransitionTime: since ?? now, ...next }];
}

export const without = (conditions: readonly StatusCondition[], unwanted: string): StatusCondition[] =>
  conditions.filter(({ type }) => type !== unwanted);

/** Counts as Kubernetes writes most of them: not at all when zero. */
export const nonZero = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

/** Writes a status unless it says what is there already. */
export async function writeStatus<T extends KubeObject>(
  { client }: ControllerContext,
  resource: Resource<T>,
  object: T,
  status: object,
): Promise<void> {
  const defined = Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
  if (!isDeepStrictEqual(object.status ?? {}, defined)) {
    await client.update(resource, { ...object, status: defined }, 'status');
  }
}
