import { Secret, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import {
  createServiceAccountTokens,
  type ServiceAccountTokens,
} from '@kubenova/kube-sim/auth/service-account-token.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretTokens } from './secret-tokens.ts';
import { type ClusterScene, clusterScene } from './testing/cluster-scene.ts';

const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } };
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'robot-token', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
  type: 'kubernetes.io/service-account-token',
};

let scene: ClusterScene;
let tokens: ServiceAccountTokens;
beforeEach(async () => {
  let sign: ServiceAccountTokens['signForSecret'] | undefined;
  scene = await clusterScene({
    controllers: [secretTokens((account, secret) => sign?.(account, secret) ?? Promise.reject(), 'the CA')],
  });
  tokens = createServiceAccountTokens({ store: scene.store, clock: scene.clock });
  sign = tokens.signForSecret;
});
afterEach(() => scene.stop());

const held = () => scene.client.find(Secret, { namespace: 'app', name: 'robot-token' });
const text = (field: string) => Buffer.from(held()?.data?.[field] ?? '', 'base64').toString();

async function filled(): Promise<string> {
  await scene.create(account, secret);
  await scene.settle();
  return text('token');
}

describe('a Secret for the token of a ServiceAccount', () => {
  it('is given a token, the CA and the namespace', async () => {
    const token = await filled();
    expect(text('ca.crt')).toBe('the CA');
    expect(text('namespace')).toBe('app');
    const robot = scene.client.find(ServiceAccount, { namespace: 'app', name: 'robot' });
    expect(held()?.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(robot?.metadata.uid);
    expect((await tokens.verify(token))?.user).toMatchObject({
      username: 'system:serviceaccount:app:robot',
      uid: robot?.metadata.uid,
    });
  });

  it('takes its token with it', async () => {
    const token = await filled();
    await scene.client.delete(Secret, { namespace: 'app', name: 'robot-token' });
    await expect(tokens.verify(token)).rejects.toThrow('invalidated');
  });

  it('goes with its account', async () => {
    await filled();
    await scene.client.delete(ServiceAccount, { namespace: 'app', name: 'robot' });
    await scene.settle();
    expect(held()).toBeUndefined();
  });
});
