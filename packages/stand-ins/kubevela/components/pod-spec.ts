/** What all components of one container share: its pod's spec, and the volumes of it. */
import type { Properties } from '../model/application.ts';
import { label } from '../model/vocabulary.ts';
import type { RenderContext } from '../render/definition.ts';
import { defined, record, records, requiredText, text, texts } from '../render/properties.ts';

export interface ContainerPort {
  containerPort: number;
  name?: string;
  protocol?: string;
}

/** What only some types take. */
export interface PodOptions {
  ports?: ContainerPort[];
  args?: string[];
  hostAliases?: unknown;
  restartPolicy?: string;
  probes?: boolean;
  /** `limit` may name other limits than `cpu` and `memory` do. */
  ownLimits?: boolean;
  /** `volumeMounts` besides the older flat list `volumes`. */
  groupedVolumes?: boolean;
}

export function podSpecOf(properties: Properties, context: RenderContext, options: PodOptions): Properties {
  const { mounts, volumes } = volumesOf(properties, options.groupedVolumes ?? false);
  const container = defined({
    name: context.name,
    image: requiredText(properties, 'image'),
    ports: options.ports,
    imagePullPolicy: text(properties, 'imagePullPolicy'),
    command: texts(properties, 'cmd'),
    args: options.args,
    env: records(properties, 'env'),
    resources: resourcesOf(properties, options.ownLimits ?? false),
    volumeMounts: mounts,
    livenessProbe: options.probes ? probe(properties, 'livenessProbe') : undefined,
    readinessProbe: options.probes ? probe(properties, 'readinessProbe') : undefined,
  });
  return defined({
    restartPolicy: options.restartPolicy,
    containers: [container],
    hostAliases: options.hostAliases,
    imagePullSecrets: texts(properties, 'imagePullSecrets')?.map((name) => ({ name })),
    volumes,
  });
}

/** Metadata of a pod's template: the labels that are given, and those by which KubeVela finds its pods. */
export function podMetadataOf(context: RenderContext, given: { labels?: Properties; annotations?: Properties }) {
  return defined({
    labels: { ...given.labels, [label.appName]: context.appName, [label.component]: context.name },
    annotations: given.annotations,
  });
}

/** `cpu` and `memory` are request and limit at once unless `limit` names another limit. */
function resourcesOf(properties: Properties, ownLimits: boolean) {
  const limit = ownLimits ? (record(properties, 'limit') ?? {}) : {};
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
function volumesOf(properties: Properties, groups: boolean): { mounts?: Properties[]; volumes?: Properties[] } {
  const grouped = groups ? record(properties, 'volumeMounts') : undefined;
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
