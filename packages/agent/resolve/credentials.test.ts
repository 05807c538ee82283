import type { AppState } from '@kubenova/domain/app-state.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import type { Secret } from '@kubenova/kube/kinds/core.ts';
import { describe, expect, it } from 'vitest';
import { readCredentials } from './credentials.ts';

const state = {
  id: 'a',
  namespace: 'tn-acme-shop-app-web',
  tenant: { id: 'tenant-1', name: 'acme' },
  project: { id: 'project-1', name: 'shop' },
} as AppState;

const encode = (text: string) => Buffer.from(text).toString('base64');
const full = { username: encode('ann'), password: encode('canary') };

function client(secrets: Record<string, Partial<Secret>>) {
  return {
    find: async (_resource: unknown, ref: { name: string; namespace?: string }) =>
      secrets[`${ref.namespace}/${ref.name}`],
  } as never;
}

describe('readCredentials', () => {
  it('makes a header of a basic-auth Secret in the App’s namespace', async () => {
    const secrets = { 'tn-acme-shop-app-web/repo': { data: full, metadata: { name: 'repo' } } };
    expect(await readCredentials(client(secrets), state, { name: 'repo' })).toBe(`Basic ${encode('ann:canary')}`);
    expect(await readCredentials(client(secrets), state, undefined)).toBeUndefined();
  });

  it('takes a shared Secret only with the tenant’s label, and the project’s where there is one', async () => {
    const shared = (labels: Record<string, string>) =>
      client({ 'kubenova-credentials/repo': { data: full, metadata: { name: 'repo', labels } } });
    const ref = { name: 'repo', namespace: 'kubenova-credentials' };
    expect(await readCredentials(shared({ 'kubenova.io/tenant-id': 'tenant-1' }), state, ref)).toContain('Basic');
    for (const labels of [
      {},
      { 'kubenova.io/tenant-id': 'tenant-2' },
      { 'kubenova.io/tenant-id': 'tenant-1', 'kubenova.io/project-id': 'project-2' },
    ]) {
      await expect(readCredentials(shared(labels as Record<string, string>), state, ref)).rejects.toMatchObject({
        code: 'CredentialsUnavailable',
        message: expect.stringContaining('is not there'),
      });
    }
  });

  it('says what is missing, and never what was found', async () => {
    const broken = client({
      'tn-acme-shop-app-web/repo': { data: { password: encode('canary') }, metadata: { name: 'repo' } },
    });
    await expect(readCredentials(broken, state, { name: 'repo' })).rejects.toMatchObject({
      message: expect.stringContaining('lacks the keys'),
    });
    await expect(readCredentials(broken, state, { name: 'repo' })).rejects.toMatchObject({
      message: expect.not.stringContaining('canary'),
    });
    await expect(readCredentials(client({}), state, { name: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('is not there'),
    });
    await expect(readCredentials(client({}), state, { name: 'x', namespace: 'kube-system' })).rejects.toMatchObject({
      code: 'CredentialsUnavailable',
    });
    const forbidden = { find: async () => Promise.reject(new KubeError('Forbidden', 'no')) } as never;
    await expect(readCredentials(forbidden, state, { name: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('may not read'),
    });
  });
});
