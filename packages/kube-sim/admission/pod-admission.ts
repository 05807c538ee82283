/**
 * What every new pod gets: its account and token, the nodes of its namespace, a priority, patience with failing nodes.
 * Source: `plugin/pkg/admission/{serviceaccount,podnodeselector,priority,defaulttolerationseconds}`.
 */
import { randomInt } from 'node:crypto';
import type { ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refused } from './request-matcher.ts';
import { type AdmittedPodSpec, containersOf } from './resource-list.ts';

const TOKEN_MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_VOLUME = 'kube-api-access-';
const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';
const NAME_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';
const PRIORITY_CLASSES = 'priorityclasses.scheduling.k8s.io';

export function podDefaults(store: Store): AdmissionPlugin {
  return {
    name: 'ServiceAccount, PodNodeSelector, Priority, DefaultTolerationSeconds',
    mutate(request) {
      const { type, operation, subresource, object } = request;
      if (type.storage !== 'pods' || operation !== 'CREATE' || subresource !== undefined || !object) return;
      const spec = object.spec as AdmittedPodSpec;
      addAccount(store, spec, request);
      addNodeSelector(store, spec, request);
      addPriority(store, spec, request);
      addTolerations(spec);
    },
  };
}

function addAccount(store: Store, spec: AdmittedPodSpec, request: AdmissionRequest): void {
  spec.serviceAccountName ||= 'default';
  spec.serviceAccount = spec.serviceAccountName;
  const { serviceAccountName: name } = spec;
  const account = store.get('serviceaccounts', request.namespace, name)?.object as ServiceAccount | undefined;
  if (!account) {
    const told = `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`;
    throw refused(request, told);
  }
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
  if ((spec.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets) {
    spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ name: secret.name }));
  }
}

function mountToken(spec: AdmittedPodSpec): void {
  const suffix = Array.from({ length: 5 }, () => NAME_CHARACTERS[randomInt(NAME_CHARACTERS.length)]).join('');
  const name = TOKEN_VOLUME + suffix;
  const bare = containersOf(spec).filter(
    ({ volumeMounts = [] }) => !volumeMounts.some(({ mountPath }) => mountPath === TOKEN_MOUNT),
  );
  if (bare.length === 0) return;
  for (const container of bare) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_MOUNT }];
  }
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [namespace] } },
  ];
  spec.volumes = [...(spec.volumes ?? []), { name, projected: { sources, defaultMode: 420 } }];
}

function addNodeSelector(store: Store, spec: AdmittedPodSpec, request: AdmissionRequest): void {
  const annotations = store.get('namespaces', '', request.namespace)?.object.metadata.annotations;
  const pairs = (annotations?.[NODE_SELECTOR] ?? '').split(',').filter((pair) => pair.trim() !== '');
  if (pairs.length === 0) return;
  const wanted = Object.fromEntries(pairs.map((pair) => pair.split('=').map((text) => text.trim())));
  const joined: Record<string, string> = { ...wanted, ...spec.nodeSelector };
  if (Object.entries(wanted).some(([key, value]) => joined[key] !== value)) {
    throw refused(request, 'pod node label selector conflicts with its namespace node label selector');
  }
  spec.nodeSelector = joined;
}

type PriorityClass = { value?: number; preemptionPolicy?: string; globalDefault?: boolean } & KubeObject;

function addPriority(store: Store, spec: AdmittedPodSpec, request: AdmissionRequest): void {
  let found: PriorityClass | undefined;
  if (spec.priorityClassName) {
    found = store.get(PRIORITY_CLASSES, '', spec.priorityClassName)?.object as PriorityClass | undefined;
    if (!found) throw refused(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
  } else {
    const classes = store.list(PRIORITY_CLASSES).entries.map(({ object }) => object as PriorityClass);
    const defaults = classes.filter(({ globalDefault }) => globalDefault);
    [found] = defaults.sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
    if (found) spec.priorityClassName = found.metadata.name;
  }
  const { value = 0, preemptionPolicy = 'PreemptLowerPriority' } = found ?? {};
  for (const [what, given, computed] of [
    ['integer value of priority', spec.priority, value],
    ['string value of PreemptionPolicy', spec.preemptionPolicy, preemptionPolicy],
  ]) {
    if ((given ?? computed) === computed) continue;
    const why = `priority admission controller computed ${computed} from the given PriorityClass name`;
    throw refused(request, `the ${what} (${given}) must not be provided in pod spec; ${why}`);
  }
  Object.assign(spec, { priority: value, preemptionPolicy });
}

function addTolerations(spec: AdmittedPodSpec): void {
  const given = spec.tolerations ?? [];
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !given.some((one) => (!one.key || one.key === key) && (!one.effect || one.effect === 'NoExecute')),
  );
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  if (added.length > 0) spec.tolerations = [...given, ...added];
}
