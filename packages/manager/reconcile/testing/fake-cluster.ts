/**
 * A cluster in memory, for faults that a real one cannot be made to show on demand. It stores what is applied and
 * deletes what is deleted; it does not default, validate, merge field ownership, watch or collect garbage. Capsule is
 * played in one point: a namespace that names a tenant gets its owner reference.
 */
import { CAPSULE_TENANT } from '@kubenova/domain/labels.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError, type KubeErrorReason } from '@kubenova/kube/error.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ClusterRegistry, Visit } from '../../clusters/registry.ts';

export interface FakeCluster {
  kube: KubeClient;
  /** A registry that leads every visit here. */
  clusters: ClusterRegistry;
  /** `verb Kind namespace/name` of every write, in order. */
  writes: string[];
  put(object: KubeObject): void;
  find(kind: string, name: string): KubeObject | undefined;
  /** Takes away what the test says, as somebody else would. */
  clear(which: (object: KubeObject) => boolean): void;
  /** Awaited before each call; what it throws is what the caller gets. */
  onCall: (call: string) => unknown;
  /** When set, the cluster does not answer. */
  away: string | undefined;
}

export function fakeCluster(): FakeCluster {
  const objects = new Map<string, KubeObject>();
  const keyOf = (kind: string, ref: { name: string; namespace?: string }) =>
    `${kind} ${ref.namespace ?? ''}/${ref.name}`;
  const call = async (verb: string, kind: string, ref: { name: string; namespace?: string }): Promise<string> => {
    const text = `${verb} ${keyOf(kind, ref)}`;
    await fake.onCall(text);
    return text;
  };
  const kube = {
    async find(resource: { kind: string }, ref: { name: string; namespace?: string }) {
      await call('get', resource.kind, ref);
      return structuredClone(objects.get(keyOf(resource.kind, ref)));
    },
    async list(resource: { kind: string }, { namespace }: { namespace?: string } = {}) {
      await call('list', resource.kind, { name: '', namespace });
      const items = [...objects.values()].filter(
        (object) =>
          object.kind === resource.kind && (namespace === undefined || object.metadata.namespace === namespace),
      );
      return { items: structuredClone(items), resourceVersion: '1' };
    },
    async apply(_resource: unknown, object: KubeObject) {
      fake.writes.push(await call('apply', object.kind, object.metadata));
      return structuredClone(fake.put(object));
    },
    async delete(resource: { kind: string }, ref: { name: string; namespace?: string }) {
      fake.writes.push(await call('delete', resource.kind, ref));
      objects.delete(keyOf(resource.kind, ref));
    },
  };
  const fake = {
    kube: kube as unknown as KubeClient,
    writes: [] as string[],
    onCall: (_call: string): unknown => undefined,
    away: undefined as string | undefined,
    put(object: KubeObject) {
      const stored = structuredClone(object);
      stored.metadata.uid ??= crypto.randomUUID();
      const tenant = stored.metadata.labels?.[CAPSULE_TENANT];
      if (stored.kind === 'Namespace' && tenant !== undefined) {
        stored.metadata.ownerReferences ??= [
          { apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant', name: tenant, uid: 'u' },
        ];
      }
      objects.set(keyOf(stored.kind, stored.metadata), stored);
      return stored;
    },
    clear(which: (object: KubeObject) => boolean) {
      for (const [key, object] of objects) if (which(object)) objects.delete(key);
    },
    find: (kind: string, name: string) =>
      [...objects.values()].find((object) => object.kind === kind && object.metadata.name === name),
    clusters: {
      async visit<T>(cluster: object, work: (kube: KubeClient, access: never) => Promise<T>): Promise<Visit<T>> {
        if (fake.away !== undefined) {
          return { kind: 'unreachable', reason: 'Unreachable', message: fake.away, retryAfterMs: 1_000 };
        }
        return { kind: 'done', value: await work(kube as unknown as KubeClient, { cluster } as never) };
      },
      sync: async () => undefined,
      close: async () => undefined,
    },
  };
  return fake;
}

export function refused(reason: KubeErrorReason, message: string, code = 403): KubeError {
  return new KubeError(reason, message, { code });
}
