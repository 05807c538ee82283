import { ConfigMap, Namespace, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { describe, expect, it } from 'vitest';
import { createLocalClient } from './local-clients.ts';
import { createWorld } from './testing/world.ts';

const metadata = { name: 'x', namespace: 'ns' };
const kinds = { apiVersion: 'v1', kind: 'ConfigMap' };
const clientOf = (username: string) => {
  const world = createWorld();
  return { world, client: createLocalClient(world, { username, groups: [] }) };
};

describe('the client from within', () => {
  it('writes as HTTP does: with defaults, an owner of the fields and a lock', async () => {
    const { client } = clientOf('system:serviceaccount:kube-system:deployment-controller');
    const created = await client.create(ConfigMap, { ...kinds, metadata, data: { a: '1' } });
    expect(created.metadata.managedFields).toMatchObject([{ manager: 'kube-controller-manager', operation: 'Update' }]);
    await client.patch(ConfigMap, metadata, { data: { b: '2' } });
    await expect(client.update(ConfigMap, created)).rejects.toMatchObject({ status: { reason: 'Conflict' } });
    expect(client.find(ConfigMap, metadata)?.data).toEqual({ a: '1', b: '2' });
    await client.update(ConfigMap, { ...kinds, metadata, data: { c: '3' } });
    expect(client.list(ConfigMap, 'ns').map(({ data }) => data)).toEqual([{ c: '3' }]);
    expect(client.list(ConfigMap, 'elsewhere')).toEqual([]);
  });

  it('names the program that such a user is', async () => {
    const managers = ['system:kube-scheduler', 'system:node:n', 'system:apiserver', 'x'].map(async (username) => {
      const { client } = clientOf(username);
      const made = await client.create(ConfigMap, { ...kinds, metadata, data: { a: '1' } });
      return (made.metadata.managedFields as { manager: string }[] | undefined)?.[0]?.manager;
    });
    const programs = ['kube-scheduler', 'kubelet', 'kube-apiserver', 'kube-controller-manager'];
    expect(await Promise.all(managers)).toEqual(programs);
  });

  it('deletes what is there, and only the very object that is meant', async () => {
    const { client } = clientOf('x');
    await client.delete(ServiceAccount, metadata);
    const { metadata: made } = await client.create(ConfigMap, { ...kinds, metadata, data: {} });
    await expect(client.delete(ConfigMap, metadata, { uid: 'other' })).rejects.toMatchObject({ status: { code: 409 } });
    await client.delete(ConfigMap, metadata, { uid: made.uid });
    expect(client.find(ConfigMap, metadata)).toBeUndefined();
  });

  it('writes a status through its own endpoint', async () => {
    const { client, world } = clientOf('x');
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
    await client.patch(Namespace, { name: 'n' }, { status: { phase: 'Terminating' } });
    expect(client.find(Namespace, { name: 'n' })?.status?.phase).toBe('Active');
    await client.patch(Namespace, { name: 'n' }, { status: { phase: 'Terminating' } }, 'status');
    expect(world.store.get('namespaces', '', 'n')?.object.status).toEqual({ phase: 'Terminating' });
  });

  it('says what is not served', () => {
    expect(() => clientOf('x').client.list(Application)).toThrow('the server could not find the requested resource');
  });
});
