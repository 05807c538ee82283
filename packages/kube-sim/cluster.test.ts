import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigMap, Namespace, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { CustomResourceDefinition } from '@kubenova/kube/kinds/extension.ts';
import { ClusterRole } from '@kubenova/kube/kinds/rbac.ts';
import { systemClock } from '@kubenova/kube-model/clock.ts';
import { kubernetesMachinery } from '@kubenova/stand-ins/kubernetes/machinery.ts';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SimCluster, type SimClusterOptions, startSimCluster } from './cluster.ts';

let certificates: Pick<SimClusterOptions, 'tls' | 'clientCaPem'>;
const running: SimCluster[] = [];
const errors: unknown[] = [];
const user = { username: 'tester', groups: ['system:masters'] };
const metadata = { namespace: 'default', name: 'x' };
const kinds = { apiVersion: 'v1', kind: 'ConfigMap' };

beforeAll(async () => {
  const ca = await createAuthority('cluster-test');
  const tls = await ca.issue({ commonName: 'kube-apiserver', ips: ['127.0.0.1'] });
  certificates = { tls: { ...tls, caPem: ca.cert }, clientCaPem: ca.cert };
});
afterEach(async () => {
  for (const cluster of running.splice(0)) await cluster.stop();
  expect(errors.splice(0)).toEqual([]);
});

async function start(name: string, options: Partial<SimClusterOptions> = {}): Promise<SimCluster> {
  const onError = (where: string, error: unknown) => errors.push({ where, error });
  const cluster = await startSimCluster({
    name,
    ...certificates,
    onError,
    machinery: kubernetesMachinery(),
    ...options,
  });
  running.push(cluster);
  await cluster.settled();
  return cluster;
}

describe('a cluster', () => {
  it('begins with what every cluster has', async () => {
    const client = (await start('zone-a', { nodes: 2 })).client(user);
    const names = client.list(Namespace).map((each) => each.metadata.name);
    expect(names).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
    expect(client.find(ServiceAccount, { namespace: 'default', name: 'default' })).toBeDefined();
    expect(client.find(ConfigMap, { namespace: 'default', name: 'kube-root-ca.crt' })?.data?.['ca.crt']).toBe(
      certificates.tls.caPem,
    );
    expect(client.find(ClusterRole, { name: 'edit' })?.rules?.length).toBeGreaterThan(5);
  });

  it('shares nothing with its neighbours, not even the time', async () => {
    const [here, there] = [await start('here'), await start('there', { clock: systemClock(3_600_000) })];
    const made = await here.client(user).create(ConfigMap, { ...kinds, metadata, data: {} });
    expect(there.client(user).find(ConfigMap, metadata)).toBeUndefined();
    const later = await there.client(user).create(ConfigMap, { ...kinds, metadata, data: {} });
    const times = [made, later].map((each) => Date.parse(each.metadata.creationTimestamp ?? ''));
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3_500_000);
  });

  it('does not start on a port that is taken', async () => {
    const first = await start('first');
    await expect(start('second', { port: Number(new URL(first.server).port) })).rejects.toThrow('EADDRINUSE');
  });

  it('serves a definition while it is there', async () => {
    const cluster = await start('definitions');
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
    const schema = { openAPIV3Schema: { type: 'object' } };
    const versions = [{ name: 'v1', served: true, storage: true, schema }];
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.x.io' },
      spec: { group: 'x.io', scope: 'Namespaced' as const, names, versions },
    };
    const type = { group: 'x.io', version: 'v1', plural: 'widgets' };
    await cluster.client(user).create(CustomResourceDefinition, definition as CustomResourceDefinition);
    await cluster.settled();
    expect(cluster.resources.find(type)).toMatchObject({ kind: 'Widget', crd: 'widgets.x.io' });
    await cluster.client(user).delete(CustomResourceDefinition, { name: 'widgets.x.io' });
    await cluster.settled();
    expect(cluster.resources.find(type)).toBeUndefined();
  });

  it('comes back from its journal as it was', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-cluster-'));
    try {
      const journalFile = path.join(folder, 'journal');
      const first = await start('kept', { journalFile });
      const { uid } = (await first.client(user).create(ConfigMap, { ...kinds, metadata, data: {} })).metadata;
      const before = first.store.storages().map((storage) => [storage, first.store.count(storage)]);
      await running.pop()?.stop();
      const second = await start('kept', { journalFile });
      expect(second.client(user).find(ConfigMap, metadata)?.metadata.uid).toBe(uid);
      expect(second.store.storages().map((storage) => [storage, second.store.count(storage)])).toEqual(before);
      await running.pop()?.stop();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
