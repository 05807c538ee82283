import { describe, expect, it } from 'vitest';
import { admissionScene } from './testing/admission-scene.ts';

const configMap = (namespace: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace } });

describe('namespaces', () => {
  it('must be there', async () => {
    const scene = admissionScene();
    expect(await scene.refusal(scene.request(configMap('nowhere')))).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "nowhere" not found',
      details: { name: 'nowhere', kind: 'namespaces' },
    });
  });

  it('take nothing new while they go, but let go and change', async () => {
    const scene = admissionScene();
    scene.given({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' }, status: { phase: 'Terminating' } });
    expect(await scene.refusal(scene.request(configMap('a')))).toMatchObject({
      code: 403,
      message:
        'configmaps "c" is forbidden: unable to create new content in namespace a because it is being terminated',
      details: {
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace a is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    });
    for (const operation of ['UPDATE', 'DELETE'] as const) {
      await expect(scene.admit(scene.request(configMap('a'), { operation }))).resolves.toBeDefined();
    }
  });

  it.each(['default', 'kube-system', 'kube-public'])('%s is never deleted', async (name) => {
    const scene = admissionScene();
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    expect(
      await scene.refusal(scene.request(namespace, { operation: 'DELETE', object: undefined } as never)),
    ).toMatchObject({
      code: 403,
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
  });

  it('do not betray themselves to a review of rights', async () => {
    const scene = admissionScene();
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'LocalSubjectAccessReview',
      metadata: { namespace: 'nowhere' },
    };
    await expect(scene.admit(scene.request(review))).resolves.toBeDefined();
  });
});
