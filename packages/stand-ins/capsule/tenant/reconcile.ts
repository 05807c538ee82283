/** Brings one tenant to where its spec says: its namespaces, what Capsule keeps in them, its status. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace, ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ClusterView } from '../cluster-view.ts';
import { FINALIZER, label } from '../vocabulary.ts';
import { managedMetadata } from './namespace-metadata.ts';
import { type Hard, sameHard } from './quota-share.ts';
import { REPLICATED, type Replica, replicasOf } from './replicas.ts';
import { type Outcome, spacesOf, statusOf } from './status.ts';

export interface ReconcileOptions {
  readonly client: KubeClient;
  readonly view: ClusterView;
  readonly now: () => Date;
}

/** How soon to look at a tenant again whose namespaces are going. */
const GOING_MS = 1000;

export function createTenantReconciler({ client, view, now }: ReconcileOptions) {
  return async function reconcile(name: string): Promise<{ requeueAfterMs: number } | undefined> {
    const tenant = await client.find(Tenant, { name });
    if (!tenant) return undefined;
    if (tenant.metadata.deletionTimestamp !== undefined) return takeAway(tenant);
    if (!tenant.metadata.finalizers?.includes(FINALIZER)) await setFinalizers(tenant, [FINALIZER]);
    const administrators = view.configuration()?.spec?.administrators ?? [];
    const namespaces = view.namespacesOf(tenant).sort(byName);
    const uses = new Map<number, Map<string, Hard>>();
    const use = (index: number) => {
      const known = uses.get(index) ?? quotaUse(tenant, namespaces, index);
      uses.set(index, known);
      return known;
    };
    const outcomes: Outcome[] = [];
    for (const namespace of namespaces) {
      const outcome = await furnish(tenant, namespace);
      outcomes.push(outcome);
      // As in Capsule, a namespace that is not as it should be gets nothing else.
      if (outcome.problem !== undefined || namespace.metadata.deletionTimestamp !== undefined) continue;
      await keepReplicas(replicasOf(tenant, namespace.metadata.name, administrators, use), namespace.metadata.name);
    }
    await writeStatus(tenant, outcomes);
    const problem = outcomes.find((outcome) => outcome.problem !== undefined)?.problem;
    // Tried again with growing pauses.
    if (problem !== undefined) throw new Error(`Tenant ${name}: ${problem}`);
    return undefined;
  };

  /** Deletes the namespaces first; the finalizer holds the tenant until they are gone. */
  async function takeAway(tenant: Tenant): Promise<{ requeueAfterMs: number } | undefined> {
    const labelSelector = `${label.tenant}=${tenant.metadata.name}`;
    const { items } = await client.list(Namespace, { labelSelector });
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue;
      await client.delete(Namespace, metadata, { uid: metadata.uid, propagationPolicy: 'Background' });
    }
    if (items.length === 0) {
      if (tenant.metadata.finalizers?.includes(FINALIZER)) await setFinalizers(tenant, []);
      return undefined;
    }
    await writeStatus(
      tenant,
      items.map((namespace) => ({ namespace })),
    );
    return { requeueAfterMs: GOING_MS };
  }

  async function setFinalizers({ metadata }: Tenant, ours: string[]): Promise<void> {
    const others = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const patch = { metadata: { resourceVersion: metadata.resourceVersion, finalizers: [...others, ...ours] } };
    const patched = await client.patch(Tenant, { name: metadata.name }, patch, { type: 'merge' });
    metadata.resourceVersion = patched.metadata.resourceVersion;
  }

  /** Puts the tenant's metadata on a namespace; its own webhook may refuse that. */
  async function furnish(tenant: Tenant, namespace: Namespace): Promise<Outcome> {
    const { metadata } = namespace;
    if (metadata.deletionTimestamp !== undefined) return { namespace };
    const wanted = managedMetadata(tenant);
    const before = spacesOf(tenant).find((space) => space.name === metadata.name)?.metadata;
    const change = (is: Record<string, string> = {}, was: Record<string, string> = {}, to: Record<string, string>) => {
      const gone = Object.keys(was).filter((key) => to[key] === undefined && is[key] !== undefined);
      const set = Object.entries(to).filter(([key, value]) => is[key] !== value);
      return { ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(set) };
    };
    const labels = { ...wanted.labels, [label.tenant]: tenant.metadata.name, [label.namespaceName]: metadata.name };
    const patch = {
      labels: change(metadata.labels, before?.labels, labels),
      annotations: change(metadata.annotations, before?.annotations, wanted.annotations),
    };
    if (Object.keys(patch.labels).length + Object.keys(patch.annotations).length === 0) return { namespace };
    try {
      const { name } = metadata;
      return { namespace: await client.patch(Namespace, { name }, { metadata: patch }, { type: 'merge' }) };
    } catch (error) {
      if (!isKubeError(error)) throw error;
      return { namespace, problem: error.status?.message ?? error.message };
    }
  }

  /** What the tenant's namespaces use of one of its quotas. */
  function quotaUse(tenant: Tenant, namespaces: readonly Namespace[], index: number): Map<string, Hard> {
    const use = new Map<string, Hard>();
    for (const { metadata } of namespaces) {
      const name = `capsule-${tenant.metadata.name}-${index}`;
      const quota = view.replica(ResourceQuota, metadata.name, name) as ResourceQuota | undefined;
      use.set(metadata.name, quota?.status?.used ?? {});
    }
    return use;
  }

  async function keepReplicas(replicas: readonly Replica[], namespace: string): Promise<void> {
    for (const resource of REPLICATED) {
      const wanted = replicas.filter((replica) => replica.resource === resource);
      const names = new Set(wanted.map(({ object }) => object.metadata.name));
      for (const { metadata } of view.replicasIn(resource, namespace)) {
        if (!names.has(metadata.name)) await client.delete(resource, metadata, { uid: metadata.uid });
      }
      for (const { object } of wanted) {
        const present = view.replica(resource, namespace, object.metadata.name);
        if (present && holds(present, object)) continue;
        await write(resource, object, present === undefined);
      }
    }
  }

  async function write(resource: Replica['resource'], object: KubeObject, isNew: boolean): Promise<void> {
    try {
      if (isNew && (await created(resource, object))) return;
      const present = await client.find(resource, object.metadata);
      if (!present || holds(present, object)) return;
      const labels = { ...present.metadata.labels, ...object.metadata.labels };
      const annotations = { ...present.metadata.annotations, ...object.metadata.annotations };
      const { ownerReferences } = object.metadata;
      const metadata = { ...present.metadata, labels, annotations, ownerReferences };
      await client.replace(resource, { ...present, ...object, metadata });
    } catch (error) {
      // A namespace that has begun to go takes nothing new.
      const causes = isKubeError(error) ? (error.status?.details?.causes ?? []) : [];
      if (!causes.some(({ reason }) => reason === 'NamespaceTerminating')) throw error;
    }
  }

  /** False when it is there, which the cache does not know of what somebody has taken the mark from. */
  async function created(resource: Replica['resource'], object: KubeObject): Promise<boolean> {
    try {
      await client.create(resource, object);
      return true;
    } catch (error) {
      if (isKubeError(error, 'AlreadyExists')) return false;
      throw error;
    }
  }

  async function writeStatus(tenant: Tenant, outcomes: readonly Outcome[]): Promise<void> {
    const administrators = view.configuration()?.spec?.administrators ?? [];
    const time = `${now().toISOString().slice(0, 19)}Z`;
    const status = statusOf(tenant, outcomes, administrators, time);
    if (isDeepStrictEqual(plain(status), plain(tenant.status))) return;
    const { name } = tenant.metadata;
    await client.patch(Tenant, { name }, { status }, { type: 'merge', subresource: 'status' });
  }
}

const byName = (a: KubeObject, b: KubeObject): number => (a.metadata.name < b.metadata.name ? -1 : 1);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? {}));

/** Whether what is there says everything that is wanted; defaults of Kubernetes beside it are no difference. */
function holds(present: KubeObject, wanted: KubeObject): boolean {
  const { labels, annotations, ownerReferences } = wanted.metadata;
  if (!includes(present.metadata, { labels, annotations, ownerReferences })) return false;
  if (wanted.kind === 'ResourceQuota') {
    const [is, be] = [present, wanted].map(({ spec }) => (spec as { hard?: Hard } | undefined)?.hard ?? {});
    return sameHard(is ?? {}, be ?? {});
  }
  const { spec, subjects, roleRef } = wanted;
  return includes(present, { spec, subjects, roleRef });
}

function includes(present: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(present) || present.length !== wanted.length)
      return wanted.length === 0 && present === undefined;
    return wanted.every((item, index) => includes(present[index], item));
  }
  if (typeof wanted !== 'object' || wanted === null) return present === wanted;
  const fields = Object.entries(wanted);
  if (typeof present !== 'object' || present === null) return fields.length === 0 && present === undefined;
  return fields.every(([key, value]) => includes((present as Record<string, unknown>)[key], value));
}
