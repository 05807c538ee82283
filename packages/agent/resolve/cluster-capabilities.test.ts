import { describe, expect, it } from 'vitest';
import { apiVersionsOf, cachedCapabilities } from './cluster-capabilities.ts';

const core = {
  items: [
    {
      metadata: {},
      versions: [{ version: 'v1', resources: [{ responseKind: { kind: 'Pod' } }, { responseKind: { kind: '' } }] }],
    },
  ],
};
const groups = {
  items: [
    {
      metadata: { name: 'apps' },
      versions: [{ version: 'v1', resources: [{ responseKind: { kind: 'Deployment' } }] }, { version: 'v1beta1' }],
    },
  ],
};

describe('apiVersionsOf', () => {
  it('names versions and kinds, as charts ask for both', () => {
    expect(apiVersionsOf(core)).toEqual(['v1', 'v1/Pod']);
    expect(apiVersionsOf(groups)).toEqual(['apps/v1', 'apps/v1/Deployment', 'apps/v1beta1']);
    expect(apiVersionsOf({})).toEqual([]);
  });
});

describe('cachedCapabilities', () => {
  it('asks once for a while, and again after a failure', async () => {
    const asked: string[] = [];
    let broken = true;
    const client = {
      request: async (_method: string, path: string) => {
        asked.push(path);
        if (broken) throw new Error('away');
        return path === '/version' ? { gitVersion: 'v1.37.2' } : path === '/api' ? core : groups;
      },
    } as never;
    let now = 0;
    const capabilities = cachedCapabilities(client, () => now, 1_000);
    await expect(capabilities.get()).rejects.toThrow('away');
    broken = false;
    asked.length = 0;
    const expected = {
      kubernetesVersion: 'v1.37.2',
      apiVersions: ['apps/v1', 'apps/v1/Deployment', 'apps/v1beta1', 'v1', 'v1/Pod'],
    };
    expect(await capabilities.get()).toEqual(expected);
    now = 900;
    expect(await capabilities.get()).toEqual(expected);
    expect(asked).toHaveLength(3);
    now = 1_100;
    await capabilities.get();
    expect(asked).toHaveLength(6);
  });
});
