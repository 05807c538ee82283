/** What `webservice` and `worker` share: a Deployment of one container, and when KubeVela calls it healthy. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Properties } from '../model/application.ts';
import { annotation, label } from '../model/vocabulary.ts';
import type { Draft, Health, RenderContext } from '../render/definition.ts';
import { defined, integer, record, records, requiredText, text, texts } from '../render/properties.ts';

export interface ContainerPort {
  containerPort: number;
  name?: string;
  protocol?: string;
}

export function deploymentOf(
  properties: Properties,
  context: RenderContext,
  own: {
    ports?: ContainerPort[];
    args?: string[];
    labels?: Properties;
    annotations?: Properties;
    hostAliases?: unknown;
  },
): Draft {
  const { mounts, volumes } = volumesOf(properties);
  const container = defined({
    name: context.name,
    image: requiredText(properties, 'image'),
    ports: own.ports,
    imagePullPolicy: text(properties, 'imagePullPolicy'),
    command: texts(properties, 'cmd'),
    args: own.args,
    env: records(properties, 'env'),
    resources: resourcesOf(properties),
    volumeMounts: mounts,
    livenessProbe: probe(properties, 'livenessProbe'),
    readinessProbe: probe(properties, 'readinessProbe'),
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: {
      selector: { matchLabels: { [label.component]: context.name } },
      template: {
        metadata: defined({
          labels: { ...own.labels, [label.appName]: context.appName, [label.component]: context.name },
          annotations: own.annotations,
        }),
        spec: defined({
          containers: [container],
          hostAliases: own.hostAliases,
          imagePullSecrets: texts(properties, 'imagePullSecrets')?.map((name) => ({ name })),
          volumes,
        }),
      },
    },
  };
}

/** `cpu` and `memory` are request and limit at once unless `limit` names another limit. */
function resourcesOf(properties: Properties) {
  const limit = record(properties, 'limit') ?? {};
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const name of ['cpu', 'memory']) {
    const request = text(properties, name);
    if (request === undefined) continue;
    requests[name] = request;
    limits[name] = text(limit, name) ?? request;
  }
  return Object.keys(requests).length > 0 ? { requests, limits } : undefined;
}

function probe(properties: Properties, field: string) {
  const given = record(properties, field);
  const defaults = {
    initialDelaySeconds: 0,
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
  };
  return given && { ...defaults, ...given };
}

const VOLUME_SOURCES: Record<string, (volume: Properties) => Properties> = {
  pvc: (volume) => ({ persistentVolumeClaim: { claimName: volume.claimName } }),
  configMap: (volume) => ({
    configMap: defined({ defaultMode: volume.defaultMode ?? 420, name: volume.cmName, items: volume.items }),
  }),
  secret: (volume) => ({
    secret: defined({ defaultMode: volume.defaultMode ?? 420, secretName: volume.secretName, items: volume.items }),
  }),
  emptyDir: (volume) => ({ emptyDir: { medium: volume.medium ?? '' } }),
  hostPath: (volume) => ({ hostPath: { path: volume.path } }),
};

/** `volumeMounts` groups volumes by kind and wins over the older flat list `volumes`. */
function volumesOf(properties: Properties): { mounts?: Properties[]; volumes?: Properties[] } {
  const grouped = record(properties, 'volumeMounts');
  const flat = records(properties, 'volumes');
  const all: { kind: string; volume: Properties }[] = [];
  if (grouped) {
    for (const kind of Object.keys(VOLUME_SOURCES)) {
      for (const volume of records(grouped, kind) ?? []) all.push({ kind, volume });
    }
  } else if (flat) {
    for (const volume of flat) all.push({ kind: text(volume, 'type') ?? 'emptyDir', volume });
  } else {
    return {};
  }
  const volumes = new Map<unknown, Properties>();
  for (const { kind, volume } of all) {
    if (!volumes.has(volume.name)) volumes.set(volume.name, { name: volume.name, ...VOLUME_SOURCES[kind]?.(volume) });
  }
  const mounts = all.map(({ volume }) =>
    defined({ mountPath: volume.mountPath, subPath: grouped ? volume.subPath : undefined, name: volume.name }),
  );
  return { mounts, volumes: [...volumes.values()] };
}

/** All wanted replicas are there, updated and ready, and the Deployment controller has seen the newest generation. */
export function deploymentHealth(workload: KubeObject): Health {
  const spec = record(workload, 'spec') ?? {};
  const status = record(workload, 'status') ?? {};
  const wanted = integer(spec, 'replicas') ?? 1;
  const count = (field: string) => integer(status, field) ?? 0;
  const complete = ['readyReplicas', 'updatedReplicas', 'replicas'].every((field) => count(field) === wanted);
  const seen = count('observedGeneration') >= (workload.metadata.generation ?? 0);
  const unchecked = workload.metadata.annotations?.[annotation.disableHealthCheck] !== undefined;
  return { healthy: unchecked || (complete && seen), message: `Ready:${count('readyReplicas')}/${wanted}` };
}
