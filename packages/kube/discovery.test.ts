import { describe, expect, it } from 'vitest';
import { createResourceFinder, servedResources } from './discovery.ts';
import { KubeError } from './error.ts';

const LIST = {
  kind: 'APIResourceList',
  resources: [
    { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get', 'list'] },
    { name: 'deployments/scale', kind: 'Scale', namespaced: true, verbs: ['get', 'patch'] },
  ],
};

describe('discovery', () => {
  it('gives kinds with their subresources, and nothing for an API that is not there', async () => {
    const paths: string[] = [];
    const request = async (_method: string, path: string) => {
      paths.push(path);
      if (path === '/apis/apps/v1') {
        return LIST;
      }
      throw new KubeError('NotFound', 'not there');
    };
    expect(await servedResources({ request }, 'apps/v1')).toEqual([
      {
        group: 'apps',
        version: 'v1',
        kind: 'Deployment',
        plural: 'deployments',
        namespaced: true,
        verbs: ['get', 'list'],
        subresources: { scale: ['get', 'patch'] },
      },
    ]);
    expect(await servedResources({ request }, 'v1')).toEqual([]);
    expect(paths).toEqual(['/apis/apps/v1', '/api/v1']);
  });

  it('remembers what it found, and asks again for what it did not', async () => {
    let calls = 0;
    const find = createResourceFinder({
      request: async () => {
        calls += 1;
        return LIST;
      },
    });
    expect(await find({ apiVersion: 'apps/v1', kind: 'Deployment' })).toMatchObject({ plural: 'deployments' });
    await find({ apiVersion: 'apps/v1', kind: 'Deployment' });
    expect(calls).toBe(1);
    expect(await find({ apiVersion: 'apps/v1', kind: 'New' })).toBeUndefined();
    await find({ apiVersion: 'apps/v1', kind: 'New' });
    expect(calls).toBe(3);
  });
});
