/** What controllers share: whose an object is, taking in what their selectors match, pods and conditions. */
import { createHash, randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Condition, LabelSelector } from '@kubenova/kube/kinds/meta.ts';
import type { Pod, PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject, ObjectMeta, ObjectRef, OwnerReference } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { type ApiError, isApiError } from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import { labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';
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

/** What a sync has at hand beside its object. */
export interface Work extends ControllerContext {
  readonly now: string;
  /** An event about the object. */
  readonly say: (reason: string, message: string, type?: 'Normal' | 'Warning') => Promise<void>;
}

export interface SyncResult {
  /** Written unless it says what is there already; what is undefined in it is left out. */
  readonly status?: object;
  /** Go along with the status, which is how the real ones keep the generation as it is. */
  readonly annotations?: Record<string, string>;
  /** Thrown once the status is written, so that it is tried again. */
  readonly failure?: unknown;
  /** After how long to look again. */
  readonly againInMs?: number;
}

/**
 * A controller of one kind that is woken by its objects and by what they control. What is being deleted is left to the
 * garbage collector.
 */
export function workloadController<T extends KubeObject>(
  name: string,
  resource: Resource<T>,
  controlled: string,
  emit: Emit,
  sync: (object: T, work: Work) => Promise<SyncResult>,
): Controller & { readonly watches: readonly string[] } {
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
      if (object === undefined || isEnding(object)) return;
      const say: Work['say'] = (reason, message, type) => emit(context, object, { type, reason, message });
      const { status, annotations, failure, againInMs } = await sync(object, {
        ...context,
        now: timestamp(context.clock),
        say,
      });
      if (status !== undefined) {
        const metadata = { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } };
        await writeStatus(context, resource, annotations ? { ...object, metadata } : object, status);
      }
      if (failure !== undefined) throw failure;
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
  const { uid, namespace } = owner.metadata;
  const claimed: T[] = [];
  for (const object of client.list(resource, namespace)) {
    const { ownerReferences = [], labels } = object.metadata;
    const controller = controllerOf(object);
    const matching = matches(labels);
    const free = controller === undefined && matching && !isEnding(object);
    if (controller?.uid === uid && matching) claimed.push(object);
    else if (controller?.uid === uid || free) {
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

/** How a controller tells of what it creates and deletes, and why it could not create something. */
export type Wording = (did: 'Create' | 'Delete', name: string, refused?: string) => string;
const WORDING: Wording = (did, name, refused) => (refused ? `Error creating: ${refused}` : `${did}d pod: ${name}`);

/** Creates objects until one is refused, and answers why; a namespace that goes away is no reason to complain. */
export async function createAll<T extends KubeObject>(
  { client, say }: Work,
  resource: Resource<T>,
  objects: readonly T[],
  wording = WORDING,
): Promise<ApiError | undefined> {
  for (const object of objects) {
    const { name } = object.metadata;
    try {
      await client.create(resource, object);
      await say('SuccessfulCreate', wording('Create', name));
    } catch (error) {
      if (!isApiError(error)) throw error;
      if (error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating')) return undefined;
      await say('FailedCreate', wording('Create', name, error.message), 'Warning');
      return error;
    }
  }
  return undefined;
}

export async function deleteAll(work: Work, resource: Resource, objects: readonly KubeObject[], wording = WORDING) {
  for (const object of objects) {
    await deleteIt(work, resource, object);
    await work.say('SuccessfulDelete', wording('Delete', object.metadata.name));
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

/** What is so or is not: a condition's type and, besides its status, what else it says. */
export type Fact = readonly [type: string, yes: boolean, more?: Partial<StatusCondition>];

/** Sets conditions in a list; where all says the same as before, it stays as it is. */
export const withFacts = (old: readonly StatusCondition[], facts: readonly Fact[], now: string): StatusCondition[] =>
  facts.reduce<StatusCondition[]>(
    (all, [type, yes, more]) => withCondition(all, { ...more, type, status: yes ? 'True' : 'False' }, now, true),
    [...old],
  );

export const without = (conditions: readonly StatusCondition[], unwanted: string): StatusCondition[] =>
  conditions.filter(({ type }) => type !== unwanted);

/** A number or a share of a whole. */
export function portion(value: number | string, whole: number, round: (share: number) => number): number {
  const share = typeof value === 'string' && value.endsWith('%');
  return share ? round((Number.parseFloat(value) * whole) / 100) : Number(value);
}

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
