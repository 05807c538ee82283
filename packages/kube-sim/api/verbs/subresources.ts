/**
 * Subresources whose body is not the object itself: `scale`, `binding`, `eviction`, `token`; and the reviews, which are
 * asked and not stored. `status`, `finalize` and the like are ordinary updates.
 */
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { timestamp } from '../../clock.ts';
import { applyMergePatch } from '../../patch/merge-patch.ts';
import type { ResourceType, SubresourceType } from '../../resources/resource-type.ts';
import { decode } from '../../schema/decode.ts';
import { componentSchema } from '../../schema/load.ts';
import { formatLabelSelector, type LabelSelector, labelSelectorPredicate } from '../../selectors/label.ts';
import type { Entry } from '../../store/store.ts';
import { ApiError, conflict, invalid, type Status } from '../api-error.ts';
import { admissionRequest, admitAll, type Call, type Outcome, type VerbParts, type WriteOptions } from './call.ts';
import { deleteOptions, remove } from './deletion.ts';
import { get } from './read.ts';
import { change, nameMismatch } from './write.ts';

interface Scale extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

const SCALE = {
  kind: 'Scale',
  version: 'v1',
  schema: componentSchema('io.k8s.api.autoscaling.v1.Scale'),
} as ResourceType;
const BUILT_IN: NonNullable<SubresourceType['scalePaths']> = { spec: '.spec.replicas', status: '.status.replicas' };

export function scaleOf(type: ResourceType, { object }: Entry): Scale {
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
  const request = admissionRequest(call, 'UPDATE', made, old, options.dryRun);
  await admitAll(parts.admission, request);
  const wanted = request.object as Partial<Scale>;
  const replicas = wanted.spec?.replicas ?? 0;
  if (replicas < 0) {
    const detail = 'must be greater than or equal to 0';
    const error = { kind: 'Invalid', field: 'spec.replicas', detail, value: replicas } as const;
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [error]);
  }
  const path = (type.subresources.scale?.scalePaths ?? BUILT_IN).spec.split('.').slice(1);
  const scaled = path.reduceRight<unknown>((inner, field) => ({ [field]: inner }), replicas);
  const { resourceVersion } = wanted.metadata ?? {};
  const asked = resourceVersion === old.metadata.resourceVersion ? undefined : resourceVersion;
  const own: Call = { ...call, subresource: undefined };
  const outcome = await change({ ...parts, admission: [] }, own, options, (entry) => {
    const object = structuredClone(applyMergePatch(entry?.object, scaled)) as KubeObject;
    if (asked !== undefined) object.metadata.resourceVersion = asked;
    return { object, through: 'scale' };
  });
  return { code: 200, object: scaleOf(type, { ...outcome, object: outcome.object } as unknown as Entry) };
}

/** A POST to a subresource of a pod. */
export async function bind(parts: VerbParts, call: Call, options: WriteOptions, body: KubeObject): Promise<Status> {
  const { name } = call;
  const node = (body.target as { name?: string } | undefined)?.name ?? '';
  if (node === '') {
    // The real one forgets to make a proper refusal of it.
    throw new ApiError(500, '', 'target.name: Required value');
  }
  const request = admissionRequest(call, 'CREATE', body, undefined, options.dryRun);
  await admitAll(parts.admission, request);
  await change({ ...parts, admission: [] }, call, options, (entry) => {
    const object = structuredClone(entry?.object) as KubeObject;
    const spec = object.spec as { nodeName?: string };
    if (object.metadata.deletionTimestamp) {
      throw conflict(
        { group: '', plural: 'pods/binding' },
        name,
        `pod ${name} is being deleted, cannot be assigned to a host`,
      );
    }
    if (spec.nodeName) {
      const why = `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`;
      throw conflict({ group: '', plural: 'pods/binding' }, name, why);
    }
    spec.nodeName = node;
    const condition = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: timestamp(parts.clock),
    };
    return { object: withCondition({ object }, condition) };
  });
  return created();
}

/** A copy of a pod with a condition instead of the one of its type. */
function withCondition(entry: Pick<Entry, 'object'> | undefined, condition: { type: string }): KubeObject {
  const object = structuredClone(entry?.object) as KubeObject & { status?: { conditions?: { type: string }[] } };
  const others = object.status?.conditions?.filter(({ type }) => type !== condition.type) ?? [];
  return { ...object, status: { ...object.status, conditions: [...others, condition] } };
}

/** Evicts a pod: budgets are not asked. */
export async function evict(parts: VerbParts, call: Call, options: WriteOptions, body: KubeObject): Promise<Status> {
  const request = admissionRequest(call, 'CREATE', body, undefined, options.dryRun);
  await admitAll(parts.admission, request);
  askBudgets(parts, call);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(parts.clock),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const onStatus = { ...call, subresource: 'status' };
  await change({ ...parts, admission: [] }, onStatus, options, (entry) => ({
    object: withCondition(entry, condition),
  }));
  const given = { kind: 'DeleteOptions', ...(body.deleteOptions as object | undefined) };
  const deletion = deleteOptions(new URLSearchParams(), given);
  await remove(parts, { ...call, subresource: undefined }, { ...deletion, dryRun: deletion.dryRun || options.dryRun });
  return created();
}

interface Budget {
  spec?: { selector?: LabelSelector };
  status?: { disruptionsAllowed?: number; desiredHealthy?: number; currentHealthy?: number };
}

/** A pod that is ready goes only as far as its budget allows. @throws ApiError 429 */
function askBudgets(parts: VerbParts, call: Call): void {
  const { metadata, status } = get(parts, call).object as Pod;
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  if (!ready) return;
  for (const { name, object } of parts.store.list('poddisruptionbudgets.policy', { namespace: call.namespace })
    .entries) {
    const { spec, status: counts } = object as Budget;
    if (!labelSelectorPredicate(spec?.selector)(metadata.labels) || (counts?.disruptionsAllowed ?? 0) > 0) continue;
    const { desiredHealthy = 0, currentHealthy = 0 } = counts ?? {};
    const message = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    const refused = "Cannot evict pod as it would violate the pod's disruption budget.";
    throw new ApiError(429, 'TooManyRequests', refused, { causes: [{ reason: 'DisruptionBudget', message }] });
  }
}

const created = (): Status => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });

const at = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object);
