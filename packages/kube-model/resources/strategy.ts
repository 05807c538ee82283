/**
 * What the API server itself decides of an object before it is validated: generation, whose part of it an endpoint may
 * change, fields that it allocates or derives. Everything happens in place.
 *
 * Source: Kubernetes API conventions, "Spec and Status"; `pkg/registry/<group>/<kind>/strategy.go`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectMeta } from '@kubenova/kube/object.ts';
import type { Clock } from '../clock.ts';
import { decode } from '../schema/decode.ts';
import { type Fields, fields } from '../schema/fields.ts';
import type { Store } from '../store.ts';
import { qosClassOf } from './qos-class.ts';
import type { ResourceType } from './resource-type.ts';
import { allocateServiceFields, keepServiceFields } from './service-addresses.ts';

export interface StrategyContext {
  readonly store: Store;
  readonly clock: Clock;
}

/** Built-in kinds that count generations; every custom one does. */
const WITH_GENERATION = new Set(
  `pods podtemplates replicationcontrollers deployments.apps daemonsets.apps statefulsets.apps replicasets.apps jobs.batch
  cronjobs.batch ingresses.networking.k8s.io networkpolicies.networking.k8s.io ingressclasses.networking.k8s.io
  horizontalpodautoscalers.autoscaling poddisruptionbudgets.policy endpointslices.discovery.k8s.io
  priorityclasses.scheduling.k8s.io customresourcedefinitions.apiextensions.k8s.io
  validatingwebhookconfigurations.admissionregistration.k8s.io mutatingwebhookconfigurations.admissionregistration.k8s.io
  validatingadmissionpolicies.admissionregistration.k8s.io validatingadmissionpolicybindings.admissionregistration.k8s.io
  mutatingadmissionpolicies.admissionregistration.k8s.io mutatingadmissionpolicybindings.admissionregistration.k8s.io
  `.split(/\s+/),
);
const counts = (type: ResourceType) => type.crd !== undefined || WITH_GENERATION.has(type.storage);
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/**
 * @param object decoded, with its defaults, its name and its `metadata.uid`
 * @throws ApiError when an address or a port that it asks for is taken
 */
export function prepareForCreate(type: ResourceType, object: KubeObject, context: StrategyContext): void {
  const { metadata } = object;
  if (counts(type)) metadata.generation = 1;
  else delete metadata.generation;
  if (type.subresources.status) resetStatus(type, object);
  ON_CREATE[type.storage]?.(object, context);
  ON_WRITE[type.storage]?.(object);
}

/**
 * @param object what is to be stored, decoded and with its defaults; `old` is what is stored and stays as it is
 * @param subresource the one written through (`status`, `finalize`); undefined for the object itself and for `scale`
 */
export function prepareForUpdate(
  type: ResourceType,
  object: KubeObject,
  old: KubeObject,
  subresource: string | undefined,
  context: StrategyContext,
): void {
  const { uid, creationTimestamp, deletionTimestamp, generation } = old.metadata;
  const { deletionGracePeriodSeconds } = old.metadata as ObjectMeta & { deletionGracePeriodSeconds?: number };
  const kept = { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation };
  if (subresource === 'status' || subresource === 'approval') takeOnly('status', type, object, old);
  else if (subresource === 'finalize') takeOnly('spec', type, object, old);
  else {
    if (type.subresources.status) restore(object, old, 'status');
    if (type.storage === 'namespaces') restore(object, old, 'spec');
    ON_UPDATE[type.storage]?.(object, old, context);
    ON_WRITE[type.storage]?.(object);
  }
  setOrDelete(object.metadata as unknown as Fields, kept);
  const isWhole = subresource === undefined || subresource === 'scale';
  if (isWhole && generation !== undefined && counts(type) && changesGeneration(type, object, old)) {
    object.metadata.generation = generation + 1;
  }
}

function setOrDelete(target: Fields, values: Fields): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete target[key];
    else target[key] = value;
  }
}

const restore = (object: KubeObject, old: KubeObject, field: string) => setOrDelete(object, { [field]: old[field] });

/** A subresource changes its own field; custom objects keep all metadata, workloads their labels. */
function takeOnly(field: string, type: ResourceType, object: KubeObject, old: KubeObject): void {
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (key !== field && key !== 'metadata' && key !== 'apiVersion' && key !== 'kind') restore(object, old, key);
  }
  const { managedFields } = object.metadata;
  if (type.crd !== undefined) object.metadata = { ...old.metadata, ...(managedFields && { managedFields }) };
  else if (type.group === 'apps' || type.group === 'batch') {
    setOrDelete(object.metadata as unknown as Fields, { labels: old.metadata.labels });
  }
}

/** Everything counts but metadata and, where it has an endpoint of its own, status; a Deployment's annotations do too. */
function changesGeneration(type: ResourceType, object: KubeObject, old: KubeObject): boolean {
  if (
    type.storage === 'deployments.apps' &&
    !isDeepStrictEqual(object.metadata.annotations, old.metadata.annotations)
  ) {
    return true;
  }
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (key === 'metadata' || key === 'apiVersion' || (key === 'status' && type.subresources.status)) continue;
    if (object[key] !== old[key] && !isDeepStrictEqual(object[key], old[key])) return true;
  }
  return false;
}

/** A new object has the status that decoding an empty one gives; a custom one has none. */
function resetStatus(type: ResourceType, object: KubeObject): void {
  delete object.status;
  if (type.crd !== undefined) return;
  const { status } = decode(type, { apiVersion: object.apiVersion, kind: object.kind, metadata: {} }).object;
  if (status !== undefined) object.status = status;
}

function storedVersion(object: KubeObject): void {
  const status = fields(object.status);
  const versions = (fields(object.spec).versions ?? []) as { name: string; storage: boolean }[];
  const stored = (status.storedVersions ?? []) as string[];
  const name = versions.find(({ storage }) => storage)?.name;
  if (name !== undefined && !stored.includes(name)) object.status = { ...status, storedVersions: [...stored, name] };
}

/** Until its users are gone; the API server's StorageObjectInUseProtection. */
function protect(metadata: ObjectMeta, finalizer: string): void {
  if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
}

const ON_CREATE: Readonly<Record<string, (object: KubeObject, context: StrategyContext) => void>> = {
  pods(pod) {
    Object.assign(fields(pod.status), { phase: 'Pending', qosClass: qosClassOf(fields(pod.spec)) });
  },
  namespaces(namespace) {
    const spec = fields(namespace.spec);
    spec.finalizers = [...new Set([...((spec.finalizers ?? []) as string[]), 'kubernetes'])];
  },
  services: (service, { store }) => allocateServiceFields(service, store),
  persistentvolumeclaims: ({ metadata }) => protect(metadata, 'kubernetes.io/pvc-protection'),
  'jobs.batch'(job) {
    const spec = fields(job.spec);
    if (spec.manualSelector === true) return;
    const { uid = '', name } = job.metadata;
    const both = { 'controller-uid': uid, 'job-name': name };
    const own = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name, ...both };
    job.metadata.labels = { ...own, ...job.metadata.labels };
    const metadata = fields(fields(spec.template).metadata);
    metadata.labels = { ...fields(metadata.labels), ...own };
    spec.selector ??= {};
    const selector = fields(spec.selector);
    selector.matchLabels = { ...fields(selector.matchLabels), 'batch.kubernetes.io/controller-uid': uid };
  },
  'customresourcedefinitions.apiextensions.k8s.io': storedVersion,
};

const ON_UPDATE: Readonly<Record<string, (object: KubeObject, old: KubeObject, context: StrategyContext) => void>> = {
  services(service, old, { store }) {
    keepServiceFields(service, old);
    allocateServiceFields(service, store, old);
  },
  'daemonsets.apps'(object, old) {
    const was = old.metadata.annotations?.[TEMPLATE_GENERATION] ?? '1';
    const same = isDeepStrictEqual(fields(object.spec).template, fields(old.spec).template);
    object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: same ? was : `${+was + 1}` };
  },
  'customresourcedefinitions.apiextensions.k8s.io': storedVersion,
};

const ON_WRITE: Readonly<Record<string, (object: KubeObject) => void>> = {
  namespaces({ metadata }) {
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  },
};
