/**
 * What every new pod gets: its account and token, the nodes of its namespace, a priority, patience with failing nodes.
 * Source: `plugin/pkg/admission/{serviceaccount,podnodeselector,priority,defaulttolerationseconds}`.
 */
import { randomInt } from 'node:crypto';
import type { ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refused } from './request-matcher.ts';
import type { AdmittedPodSpec } from './resource-list.ts';

const TOKEN_MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_VOLUME = 'kube-api-access-';
const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';
const NAME_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';

export function podPlugins(store: Store): readonly AdmissionPlugin[] {
  return [
    forNewPods('ServiceAccount', (spec, request) => withAccount(store, spec, request)),
    forNewPods('PodNodeSelector', (spec, request) => withNodeSelector(store, spec, request)),
    forNewPods('Priority', (spec, request) => withPriority(store, spec, request)),
    forNewPods('DefaultTolerationSeconds', withTolerations),
  ];
}

function forNewPods(name: string, change: (spec: AdmittedPodSpec, request: AdmissionRequest) => void): AdmissionPlugin {
  return {
    name,
    mutate(request) {
      const { type, operation, subresource, object } = request;
      if (type.storage !== 'pods' || operation !== 'CREATE' || subresource !== undefined || !object) return;
      change(object.spec as AdmittedPodSpec, request);
    },
  };
}

function withAccount(store: Store, spec: AdmittedPodSpec, request: AdmissionRequest): void {
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
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const bare = containers.filter((one) => !one.volumeMounts?.some(({ mountPath }) => mountPath === TOKEN_MOUNT));
  if (bare.length === 0) return;
  const present = spec.volumes?.find((volume) => String(volume.name).startsWith(TOKEN_VOLUME));
  const suffix = Array.from({ length: 5 }, () => NAME_CHARACTERS[randomInt(NAME_CHARACTERS.length)]).join('');
  const name = String(present?.name ?? TOKEN_VOLUME + suffix);
  for (const container of bare) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_MOUNT }];
  }
  if (present) return;
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [namespace] } },
  ];
  spec.volumes = [...(spec.volumes ?? []), { name, projected: { sources, defaultMode: 420 } }];
}

function withNodeSelector(store: Store, spec: AdmittedPodSpec, request: AdmissionRequest): void {
  const annotations = store.get('namespaces', '', request.namespace)?.object.metadata.annotations;
  const pairs = (annotations?.[NODE_SELECTOR] ?? '').split(',').map((pair) => pair.trim().split('='));
  const wanted = pairs
    .filter(([key]) => key)
    .map(([key = '', value = '']): [string, string] => [key.trim(), value.trim()]);
  if (wanted.length === 0) return;
  const own = spec.nodeSelector ?? {};
  if (wanted.some(([key, value]) => own[key] !== undefined && own[key] !== value)) {
    throw refused(request, 'pod node label selector conflicts with its namespace node label selector');
  }
  spec.nodeSelector = { ...Object.fromEntries(wanted), ...own };
}

type PriorityClass = { value?: number; preemptionPolicy?: string; globalDefault?: boolean } & KubeObject;

function withPriority(store: Store, spec: AdmittedPodSpec, request: AdmissionRequest): void {
  const storage = 'priorityclasses.scheduling.k8s.io';
  let found: PriorityClass | undefined;
  if (spec.priorityClassName) {
    found = store.get(storage, '', spec.priorityClassName)?.object as PriorityClass | undefined;
    if (!found) throw refused(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
  } else {
    const classes = store.list(storage).entries.map(({ object }) => object as PriorityClass);
    const defaults = classes.filter(({ globalDefault }) => globalDefault);
    [found] = defaults.sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
    if (found) spec.priorityClassName = found.metadata.name;
  }
  const { value: priority = 0, preemptionPolicy = 'PreemptLowerPriority' } = found ?? {};
  const computed = (what: string, given: unknown, value: unknown) =>
    refused(
      request,
      `the ${what} (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  if ((spec.priority ?? priority) !== priority) {
    throw computed('integer value of priority', spec.priority, priority);
  }
  if ((spec.preemptionPolicy ?? preemptionPolicy) !== preemptionPolicy) {
    throw computed('string value of PreemptionPolicy', spec.preemptionPolicy, preemptionPolicy);
  }
  Object.assign(spec, { priority, preemptionPolicy });
}

function withTolerations(spec: AdmittedPodSpec): void {
  const given = spec.tolerations ?? [];
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !given.some((one) => (!one.key || one.key === key) && (!one.effect || one.effect === 'NoExecute')),
  );
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  if (added.length > 0) spec.tolerations = [...given, ...added];
}
