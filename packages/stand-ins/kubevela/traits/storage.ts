/**
 * `storage`: volumes of the component's pods, and the claims, ConfigMaps and Secrets behind them unless they are only
 * mounted. A ConfigMap and a Secret can also be given to environment variables.
 */
import type { Properties } from '../model/application.ts';
import type { Draft, DraftOutputs, TraitType } from '../render/definition.ts';
import { defined, flag, record, records, requiredText, text, texts } from '../render/properties.ts';
import { mergedByName, withPodSpec } from './pod-template.ts';

interface Kind {
  /** Of the property, as in `configMap`. */
  field: string;
  source(volume: Properties): Properties;
  /** The object behind it. */
  object?(volume: Properties): Draft;
  /** Where environment variables find their value: the reference and the property that holds the key. */
  reference?: [field: string, key: string];
}

const files = (volume: Properties) => ({ defaultMode: volume.defaultMode ?? 420, items: volume.items });

const KINDS: readonly Kind[] = [
  {
    field: 'pvc',
    source: (volume) => ({ persistentVolumeClaim: { claimName: volume.name } }),
    object: claimOf,
  },
  {
    field: 'configMap',
    source: (volume) => ({ configMap: defined({ ...files(volume), name: volume.name }) }),
    object: (volume) => ({ ...named('ConfigMap', volume), ...defined({ data: record(volume, 'data') }) }),
    reference: ['configMapKeyRef', 'configMapKey'],
  },
  {
    field: 'secret',
    source: (volume) => ({ secret: defined({ ...files(volume), secretName: volume.name }) }),
    object: (volume) => ({
      ...named('Secret', volume),
      ...defined({ data: record(volume, 'data'), stringData: record(volume, 'stringData') }),
    }),
    reference: ['secretKeyRef', 'secretKey'],
  },
  { field: 'emptyDir', source: (volume) => ({ emptyDir: { medium: volume.medium ?? '' } }) },
  { field: 'hostPath', source: (volume) => ({ hostPath: { path: volume.path, type: volume.type ?? 'Directory' } }) },
];

export const storage: TraitType = {
  patch(workload, properties) {
    const all = KINDS.flatMap((kind) => (records(properties, kind.field) ?? []).map((volume) => ({ kind, volume })));
    const mounted = all.filter(({ kind, volume }) => volume.mountPath !== undefined || !kind.reference);
    const volumes = mounted.map(({ kind, volume }) => ({ name: nameOf(kind, volume), ...kind.source(volume) }));
    const at = (field: string, block: boolean) =>
      mounted
        .filter(({ kind, volume }) => (kind.field === 'pvc' && volume.volumeMode === 'Block') === block)
        .map(({ kind, volume }) => {
          const subPath = kind.field === 'hostPath' ? undefined : text(volume, 'subPath');
          return defined({ name: nameOf(kind, volume), [field]: requiredText(volume, 'mountPath'), subPath });
        });
    const additions = {
      env: all.flatMap(variables),
      volumeMounts: at('mountPath', false),
      volumeDevices: at('devicePath', true),
    };
    return withPodSpec(workload, (spec) => {
      const [first, ...rest] = records(spec, 'containers') ?? [];
      if (!first) return spec;
      const container: Properties = { ...first };
      for (const [field, added] of Object.entries(additions)) {
        if (added.length > 0) container[field] = mergedByName(records(first, field) ?? [], added);
      }
      const allVolumes = mergedByName(records(spec, 'volumes') ?? [], volumes);
      return { ...spec, containers: [container, ...rest], ...(allVolumes.length > 0 && { volumes: allVolumes }) };
    });
  },

  outputs(properties) {
    const outputs: DraftOutputs = {};
    for (const kind of KINDS) {
      for (const volume of records(properties, kind.field) ?? []) {
        if (kind.object && !flag(volume, 'mountOnly')) outputs[nameOf(kind, volume)] = kind.object(volume);
      }
    }
    return outputs;
  },
};

const nameOf = ({ field }: Kind, volume: Properties): string =>
  `${field.toLowerCase()}-${requiredText(volume, 'name')}`;

const named = (kind: string, volume: Properties): Draft => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: requiredText(volume, 'name') },
});

function claimOf(volume: Properties): Draft {
  const given = record(volume, 'resources') ?? {};
  const requests = record(given, 'requests') ?? {};
  const limits = record(given, 'limits');
  return {
    ...named('PersistentVolumeClaim', volume),
    spec: defined({
      accessModes: texts(volume, 'accessModes') ?? ['ReadWriteOnce'],
      volumeMode: text(volume, 'volumeMode') ?? 'Filesystem',
      volumeName: text(volume, 'volumeName'),
      storageClassName: text(volume, 'storageClassName'),
      resources: defined({ requests: { storage: requests.storage ?? '8Gi' }, limits }),
      dataSourceRef: record(volume, 'dataSourceRef'),
      dataSource: record(volume, 'dataSource'),
    }),
  };
}

function variables({ kind, volume }: { kind: Kind; volume: Properties }): Properties[] {
  if (!kind.reference) return [];
  const [field, key] = kind.reference;
  const single = record(volume, 'mountToEnv');
  return [...(single ? [single] : []), ...(records(volume, 'mountToEnvs') ?? [])].map((variable) => ({
    name: requiredText(variable, 'envName'),
    valueFrom: { [field]: { name: volume.name, key: requiredText(variable, key) } },
  }));
}
