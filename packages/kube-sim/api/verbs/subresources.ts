/**
 * Subresources whose body is not the object itself: `scale`, `binding`, `eviction`, `token`; and the reviews, which are
 * asked and not stored. `status`, `finalize` and the like are ordinary updates.
 */
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, badRequest, conflict, invalidValue, type Status } from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import { applyMergePatch } from '@kubenova/kube-model/patch/merge-patch.ts';
import type { ResourceType, SubresourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { decode } from '@kubenova/kube-model/schema/decode.ts';
import { componentSchema } from '@kubenova/kube-model/schema/load.ts';
import {
  formatLabelSelector,
  type LabelSelector,
  labelSelectorPredicate,
} from '@kubenova/kube-model/selectors/label.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import { admitAll, type Call, type Outcome, type VerbParts, type WriteOptions } from './call.ts';
import { deleteOptions, remove } from './deletion.ts';
import { get } from './read.ts';
import { change, nameMismatch } from './write.ts';

interface Scale extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

interface Budget extends KubeObject {
  spec: { selector?: LabelSelector; unhealthyPodEvictionPolicy?: string };
  status?: Partial<Record<'observedGeneration' | 'disruptionsAllowed' | 'currentHealthy' | 'desiredHealthy', number>>;
}

export const SCALE = {
  kind: 'Scale',
  version: 'v1',
  schema: componentSchema('io.k8s.api.autoscaling.v1.Scale'),
} as ResourceType;
const BUILT_IN: NonNullable<SubresourceType['scalePaths']> = { spec: '.spec.replicas', status: '.status.replicas' };

export function scaleOf(type: ResourceType, { object }: Pick<Entry, 'object'>): Scale {
  const paths = type.subresources.scale?.scalePaths ?? BUILT_IN;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = Number(at(object, paths.spec) ?? 0);
  const selector =
    paths === BUILT_IN
      ? formatLabelSelector((object.spec as { selector?: LabelSelector } | undefined)?.selector)
      : paths.selector && at(object, paths.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(at(object, paths.status) ?? 0), ...(selector ? { selector: String(selector) } : {}) },
  };
}

/** @param make makes the wanted scale of the one that is there */
export async function writeScale(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  make: (scale: KubeObject) => KubeObject,
): Promise<Outcome> {
  const { type, name } = call;
  const old = scaleOf(type, get(parts, call));
  const made = decode(SCALE, make(old)).object;
  if (made.metadata.name !== name) throw nameMismatch(call, made.metadata.name);
  const request = await admitAll(parts.admission, call, 'UPDATE', made, old, options);
  const wanted = request.object as Partial<Scale>;
  const replicas = wanted.spec?.replicas ?? 0;
  if (replicas < 0) {
    const kind = { group: 'autoscaling', kind: 'Scale' };
    throw invalidValue(kind, name, 'spec.replicas', replicas, 'must be greater than or equal to 0');
  }
  const path = (type.subresources.scale?.scalePaths ?? BUILT_IN).spec.split('.').slice(1);
  const scaled = path.reduceRight<unknown>((inner, field) => ({ [field]: inner }), replicas);
  const { resourceVersion } = wanted.metadata ?? {};
  const asked = resourceVersion === old.metadata.resourceVersion ? undefined : resourceVersion;
  const outcome = await change({ ...parts, admission: [] }, call, options, (entry) => {
    const object = structuredClone(applyMergePatch(entry?.object, scaled)) as KubeObject;
    if (asked !== undefined) object.metadata.resourceVersion = asked;
    return object;
  });
  return { code: 200, object: scaleOf(type, outcome) };
}

/** Gives a pod its node: past the strategy, and owned by nobody. */
export async function bind(parts: VerbParts, call: Call, options: WriteOptions, body: KubeObject): Promise<Status> {
  const { name } = call;
  const node = (body.target as { name?: string } | undefined)?.name ?? '';
  // The real one forgets to make a proper refusal of it.
  if (node === '') throw new ApiError(500, '', 'target.name: Required value');
  const refuse = (why: string) => conflict({ group: '', plural: 'pods/binding' }, name, `pod ${name} is ${why}`);
  await admitAll(parts.admission, call, 'CREATE', body, undefined, options);
  for (;;) {
    const entry = get(parts, call);
    const pod = conditioned(parts, entry, { type: 'PodScheduled' });
    const spec = pod.spec as { nodeName?: string };
    if (pod.metadata.deletionTimestamp) throw refuse('being deleted, cannot be assigned to a host');
    if (spec.nodeName) throw refuse(`already assigned to node ${JSON.stringify(spec.nodeName)}`);
    spec.nodeName = node;
    if (options.dryRun || parts.store.put(call.type.storage, pod, entry)) return created();
  }
}

/** A copy of a pod with a condition that is true instead of the one of its type. */
function conditioned({ clock }: VerbParts, entry: Entry | undefined, condition: { type: string }): KubeObject {
  const pod = structuredClone(entry?.object) as KubeObject & { status?: { conditions?: { type: string }[] } };
  const others = pod.status?.conditions?.filter(({ type }) => type !== condition.type) ?? [];
  const since = { status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(clock) };
  return { ...pod, status: { ...pod.status, conditions: [...others, { ...condition, ...since }] } };
}

/** Deletes a pod unless its PodDisruptionBudget is used up. @throws ApiError 429 */
export async function evict(parts: VerbParts, call: Call, options: WriteOptions, body: KubeObject): Promise<Status> {
  if (body.metadata.name !== call.name) throw badRequest('name in URL does not match name in Eviction object');
  await admitAll(parts.admission, call, 'CREATE', body, undefined, options);
  const given = { kind: 'DeleteOptions', ...(body.deleteOptions as object | undefined) };
  const deletion = deleteOptions(new URLSearchParams(), given);
  const dryRun = deletion.dryRun || options.dryRun;
  const unguarded = { ...parts, admission: [] };
  await spend(unguarded, call, { ...options, dryRun }, get(parts, call).object as Pod);
  const reason = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
  const onStatus = { ...call, subresource: 'status' };
  await change(unguarded, onStatus, { ...options, dryRun }, (entry) =>
    conditioned(parts, entry, { type: 'DisruptionTarget', ...reason }),
  );
  await remove(parts, { ...call, subresource: undefined }, { ...deletion, dryRun });
  return created();
}

/** Takes one disruption from the pod's budget, if it has one and counts towards it. */
async function spend(parts: VerbParts, call: Call, options: WriteOptions, pod: Pod): Promise<void> {
  const { metadata, status = {} } = pod;
  if (metadata.deletionTimestamp || ['Pending', 'Succeeded', 'Failed'].includes(status.phase ?? '')) return;
  const type = parts.resources.byStorage('poddisruptionbudgets.policy');
  const budgets = parts.store.list('poddisruptionbudgets.policy', { namespace: call.namespace }).entries;
  const own = budgets.filter(({ object }) => labelSelectorPredicate((object as Budget).spec.selector)(metadata.labels));
  if (own.length > 1) {
    const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError(500, '', why);
  }
  const [found] = own;
  if (found === undefined || type === undefined) return;
  const { name } = found;
  const ready = status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
  await change(parts, { ...call, type, name, subresource: 'status' }, options, (entry) => {
    const budget = structuredClone((entry ?? found).object) as Budget;
    const {
      observedGeneration = 0,
      disruptionsAllowed = 0,
      currentHealthy = 0,
      desiredHealthy = 0,
    } = budget.status ?? {};
    const spare = budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow';
    if (!ready && (spare || (currentHealthy >= desiredHealthy && desiredHealthy > 0))) return budget;
    if (observedGeneration < (budget.metadata.generation ?? 0)) {
      throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
    }
    if (disruptionsAllowed <= 0) {
      const counted = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
      const why = currentHealthy <= desiredHealthy ? counted : 'does not allow evicting pods currently';
      throw tooMany(`The disruption budget ${name} ${why}`);
    }
    return { ...budget, status: { ...budget.status, disruptionsAllowed: disruptionsAllowed - 1 } };
  });
}

const tooMany = (message: string, retryAfterSeconds?: number): ApiError =>
  new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });

const created = (): Status => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });

const at = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object);
