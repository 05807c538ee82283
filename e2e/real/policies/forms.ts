/** Everything that can carry a pod: a pod itself and the templates of all that make pods. */
import { type Fields, one } from './attacks/attack.ts';

interface Form {
  kind: string;
  path: string;
  /** The whole object around the spec of a pod. */
  around(spec: Fields): Fields;
}

const metadata = { name: 'try' };
const labels = { app: 'try' };
const template = (spec: Fields): Fields => ({ metadata: { labels }, spec });
const selector = { matchLabels: labels };
const once = (spec: Fields): Fields => ({ restartPolicy: 'Never', ...spec });

const form = (apiVersion: string, kind: string, path: string, content: (spec: Fields) => Fields): Form => ({
  kind,
  path,
  around: (spec) => ({ apiVersion, kind, metadata, ...content(spec) }),
});

export const forms: readonly Form[] = [
  form('v1', 'Pod', 'pods', (spec) => ({ spec })),
  form('apps/v1', 'Deployment', 'deployments', (spec) => ({ spec: { selector, template: template(spec) } })),
  form('apps/v1', 'ReplicaSet', 'replicasets', (spec) => ({ spec: { selector, template: template(spec) } })),
  form('apps/v1', 'DaemonSet', 'daemonsets', (spec) => ({ spec: { selector, template: template(spec) } })),
  form('apps/v1', 'StatefulSet', 'statefulsets', (spec) => ({
    spec: { selector, serviceName: 'try', template: template(spec) },
  })),
  form('batch/v1', 'Job', 'jobs', (spec) => ({ spec: { template: { spec: once(spec) } } })),
  form('batch/v1', 'CronJob', 'cronjobs', (spec) => ({
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: once(spec) } } } },
  })),
  form('v1', 'ReplicationController', 'replicationcontrollers', (spec) => ({
    spec: { selector: labels, template: template(spec) },
  })),
  form('v1', 'PodTemplate', 'podtemplates', (spec) => ({ template: template(spec) })),
];

/** A whole object of the kind around the spec of a pod; throws where the kind is none of the forms. */
export function aroundPod(kind: string, spec: Fields): Fields {
  const found = forms.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`${kind} has no form here.`);
  return found.around(spec);
}

/** Something that makes pods, unsuspicious but for what is said in its own spec and labels. */
export function workload(kind: string, spec: Fields = {}, labels: Record<string, string> = {}): Fields {
  const object = aroundPod(kind, one({}));
  return { ...object, metadata: { ...metadata, labels }, spec: { ...(object.spec as Fields), ...spec } };
}

const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  Ingress: 'ingresses',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  Service: 'services',
  ...Object.fromEntries(forms.map(({ kind, path }) => [kind, path])),
};

/** Where objects of a kind are made in a namespace. */
export function collectionOf(object: Fields, namespace: string): string {
  const apiVersion = String(object.apiVersion);
  const plural = PLURALS[String(object.kind)];
  if (plural === undefined) throw new Error(`${object.kind} has no path here.`);
  return `${apiVersion.includes('/') ? '/apis/' : '/api/'}${apiVersion}/namespaces/${namespace}/${plural}`;
}
