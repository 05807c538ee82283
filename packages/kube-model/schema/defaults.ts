/**
 * The values that the API server fills in when a body leaves them out. Most belong to a structure wherever it stands:
 * they are data, and `decode` fills them in as it goes. What depends on the kind or on other fields is `applyDefaults`.
 * Source: `pkg/apis/<group>/<version>/defaults.go`, proved by `resources/golden/answers.json`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { type Fields, fields, isFields, list } from './fields.ts';
import { applySchemaDefaults } from './schema-defaults.ts';

const SELECTORS = { namespaceSelector: {}, objectSelector: {}, matchPolicy: 'Equivalent' };
const WEBHOOK = { failurePolicy: 'Fail', timeoutSeconds: 10, ...SELECTORS };
const HANDLER = { port: 443 };
const MODE = { defaultMode: 420 };
const TCP = { protocol: 'TCP' };

/** By component, without `io.k8s.api.`, beside what OpenAPI itself gives (`protocol: TCP`, empty structures). */
export const STRUCTURES: Readonly<Record<string, Readonly<Fields>>> = {
  'core.v1.PodSpec': {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  },
  'core.v1.Container': { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  'core.v1.Probe': { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  'core.v1.HTTPGetAction': { path: '/', scheme: 'HTTP' },
  'core.v1.ObjectFieldSelector': { apiVersion: 'v1' },
  'core.v1.ConfigMapVolumeSource': MODE,
  'core.v1.SecretVolumeSource': MODE,
  'core.v1.DownwardAPIVolumeSource': MODE,
  'core.v1.ProjectedVolumeSource': MODE,
  'core.v1.HostPathVolumeSource': { type: '' },
  'core.v1.ServiceAccountTokenProjection': { expirationSeconds: 3600 },
  'core.v1.EndpointPort': TCP,
  'core.v1.ServiceSpec': { sessionAffinity: 'None', type: 'ClusterIP' },
  'core.v1.Secret': { type: 'Opaque' },
  'core.v1.ReplicationControllerSpec': { replicas: 1 },
  'core.v1.NamespaceStatus': { phase: 'Active' },
  'core.v1.PersistentVolumeSpec': { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' },
  'core.v1.PersistentVolumeStatus': { phase: 'Pending' },
  'core.v1.PersistentVolumeClaimSpec': { volumeMode: 'Filesystem' },
  'core.v1.PersistentVolumeClaimStatus': { phase: 'Pending' },
  'apps.v1.DeploymentSpec': { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
  'apps.v1.DeploymentStrategy': { type: 'RollingUpdate' },
  'apps.v1.ReplicaSetSpec': { replicas: 1 },
  'apps.v1.DaemonSetSpec': { revisionHistoryLimit: 10 },
  'apps.v1.DaemonSetUpdateStrategy': { type: 'RollingUpdate' },
  'apps.v1.StatefulSetSpec': {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  },
  'apps.v1.StatefulSetUpdateStrategy': { type: 'RollingUpdate' },
  'batch.v1.CronJobSpec': {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  },
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': { status: 'True' },
  'networking.v1.NetworkPolicyPort': TCP,
  'rbac.v1.RoleRef': { apiGroup: 'rbac.authorization.k8s.io' },
  'autoscaling.v2.HorizontalPodAutoscalerSpec': {
    minReplicas: 1,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  },
  'discovery.v1.EndpointPort': { name: '', ...TCP },
  'storage.v1.StorageClass': { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  'scheduling.v1.PriorityClass': { preemptionPolicy: 'PreemptLowerPriority' },
  'admissionregistration.v1.ValidatingWebhook': WEBHOOK,
  'admissionregistration.v1.MutatingWebhook': { ...WEBHOOK, reinvocationPolicy: 'Never' },
  'admissionregistration.v1.ServiceReference': HANDLER,
  'admissionregistration.v1.RuleWithOperations': { scope: '*' },
  'admissionregistration.v1.NamedRuleWithOperations': { scope: '*' },
  'admissionregistration.v1.MatchResources': SELECTORS,
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': { failurePolicy: 'Fail' },
  'apiextensions.v1.ServiceReference': HANDLER,
  'apiextensions.v1.CustomResourceDefinitionSpec': { conversion: { strategy: 'None' } },
};

/** Fills in what the API server fills in, in place, after `decode`. Doing it again changes nothing. */
export function applyDefaults(type: ResourceType, object: KubeObject): void {
  if (type.crd !== undefined) applySchemaDefaults(type.schema, object);
  else KINDS[type.storage]?.(object as unknown as Fields, fields(object.spec));
}

/** Sets what is missing; structures and lists in `values` are copied, since many objects get them. */
export function fill(target: Fields, values: Readonly<Fields>): void {
  for (const key in values) {
    if (target[key] === undefined) {
      const value = values[key];
      target[key] = typeof value === 'object' && value !== null ? structuredClone(value) : value;
    }
  }
}

/** Fills the structure at `key`, which is made when it is missing. */
function fillWithin(target: Fields, key: string, values: Readonly<Fields>): void {
  target[key] ??= {};
  fill(fields(target[key]), values);
}

const template = (_: Fields, spec: Fields) => defaultPod(fields(fields(spec.template).spec), false);

/** `rollingUpdate` is filled only where that is the strategy. */
const rolling = (field: string, values: Fields) => (object: Fields, spec: Fields) => {
  const strategy = fields(spec[field]);
  if (strategy.type === 'RollingUpdate') fillWithin(strategy, 'rollingUpdate', values);
  template(object, spec);
};

function bindingSubjects(binding: Fields): void {
  for (const subject of list(binding.subjects)) {
    if (subject.kind === 'User' || subject.kind === 'Group') fill(subject, { apiGroup: 'rbac.authorization.k8s.io' });
  }
}

/** By the kind's storage. */
const KINDS: Readonly<Record<string, (object: Fields, spec: Fields) => void>> = {
  pods: (_, spec) => defaultPod(spec, true),
  podtemplates: (object) => defaultPod(fields(fields(object.template).spec), false),
  replicationcontrollers: template,
  services(_, spec) {
    if (spec.sessionAffinity === 'ClientIP') {
      fill(spec, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } });
    }
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') fill(spec, { externalTrafficPolicy: 'Cluster' });
    if (spec.type !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' });
    if (spec.type === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true });
    for (const port of list(spec.ports)) port.targetPort ||= port.port;
  },
  limitranges(_, spec) {
    for (const limit of list(spec.limits)) {
      if (limit.type !== 'Container') continue;
      if (limit.max) limit.default = { ...fields(limit.max), ...fields(limit.default) };
      if (limit.default || limit.min) {
        limit.defaultRequest = { ...fields(limit.min), ...fields(limit.default), ...fields(limit.defaultRequest) };
      }
    }
  },
  'deployments.apps': rolling('strategy', { maxUnavailable: '25%', maxSurge: '25%' }),
  'daemonsets.apps'(object, spec) {
    fillWithin(fields(object.metadata), 'annotations', { 'deprecated.daemonset.template.generation': '1' });
    rolling('updateStrategy', { maxUnavailable: 1, maxSurge: 0 })(object, spec);
  },
  secrets(secret) {
    for (const [key, value] of Object.entries(fields(secret.stringData))) {
      secret.data = { ...fields(secret.data), [key]: Buffer.from(String(value)).toString('base64') };
    }
    delete secret.stringData;
  },
  namespaces({ metadata }) {
    const { name, labels } = fields(metadata);
    if (name) fields(metadata).labels = { ...fields(labels), 'kubernetes.io/metadata.name': name };
  },
  'replicasets.apps': template,
  'statefulsets.apps'(object, spec) {
    for (const claim of list(spec.volumeClaimTemplates))
      fill(claim, { kind: 'PersistentVolumeClaim', apiVersion: 'v1' });
    rolling('updateStrategy', { partition: 0, maxUnavailable: 1 })(object, spec);
  },
  'jobs.batch'(object, spec) {
    if (spec.parallelism === undefined) fill(spec, { completions: 1 });
    fill(spec, {
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
    });
    fill(spec, { podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed' });
    const { labels } = fields(fields(spec.template).metadata);
    if (isFields(labels)) fields(object.metadata).labels ??= { ...labels };
    template(object, spec);
  },
  'cronjobs.batch': (object, spec) => template(object, fields(fields(spec.jobTemplate).spec)),
  'networkpolicies.networking.k8s.io'(_, spec) {
    spec.policyTypes ??= spec.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
  },
  'rolebindings.rbac.authorization.k8s.io': bindingSubjects,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingSubjects,
  'customresourcedefinitions.apiextensions.k8s.io'(_, spec) {
    const { kind, ...names } = fields(spec.names);
    if (typeof kind !== 'string' || kind === '') return;
    spec.names = { ...names, kind };
    fill(fields(spec.names), { singular: kind.toLowerCase(), listKind: `${kind}List` });
  },
};

function defaultPod(spec: Fields, isPod: boolean): void {
  if (isPod) fill(spec, { enableServiceLinks: true });
  // Either name of the account is an alias of the other.
  if (spec.serviceAccountName || spec.serviceAccount) {
    spec.serviceAccountName ||= spec.serviceAccount;
    spec.serviceAccount = spec.serviceAccountName;
  }
  for (const container of [...list(spec.initContainers), ...list(spec.containers)]) {
    fill(container, { imagePullPolicy: pullPolicy(String(container.image ?? '')) });
    if (spec.hostNetwork === true) {
      for (const port of list(container.ports)) fill(port, { hostPort: port.containerPort });
    }
    const { limits, requests } = fields(container.resources);
    if (isPod && isFields(limits)) fields(container.resources).requests = { ...limits, ...fields(requests) };
  }
  for (const volume of list(spec.volumes)) {
    if (Object.keys(volume).length === 1 && 'name' in volume) volume.emptyDir = {};
  }
}

/** `Always` for `:latest` and for an image without a tag, unless a digest pins it. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const colon = image.indexOf(':', image.lastIndexOf('/') + 1);
  return colon === -1 || image.slice(colon) === ':latest' ? 'Always' : 'IfNotPresent';
}
