/** Nobody becomes the account as which an App is deployed. */
import { kubeSystemUser } from '@kubenova/domain/admission/users.ts';
import { DELIVERABLE_KINDS } from '@kubenova/domain/deliverable-kinds.ts';
import { DEPLOYER } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { Pod, Secret } from '@kubenova/kube/kinds/core.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AdmissionScene, app, apply, deployerOf, refusal, sandbox, tokenSecret } from './scene.ts';

export function describeDeployer(open: () => AdmissionScene): void {
  let admin: KubeClient;
  let allowed: AdmissionScene['allowed'];
  let may: AdmissionScene['may'];

  beforeAll(() => {
    ({ admin, allowed, may } = open());
  });

  describe("the deployer's account", () => {
    it.each([app.namespace, sandbox.namespace])('runs no pod in %s', async (namespace) => {
      // Members may make an account of that name in a sandbox; without one the API server refuses the pod by itself.
      await apply(admin, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DEPLOYER, namespace } });
      for (const client of [admin, allowed(deployerOf(namespace)), allowed(kubeSystemUser('replicaset-controller'))]) {
        expect(await refusal(runAs(DEPLOYER, namespace, client))).toContain(`No pod may run as ${DEPLOYER}`);
      }
    });

    it('runs no pod under its older name either, nor one that a workload makes', async () => {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'thief', namespace: sandbox.namespace },
        spec: { serviceAccount: DEPLOYER, containers: [{ name: 'c', image: 'busybox' }] },
      };
      expect(await refusal(admin.create(Pod, pod as never, { dryRun: true }))).toContain(
        `No pod may run as ${DEPLOYER}`,
      );
      const ref = { name: 'thief', namespace: sandbox.namespace };
      const labels = { app: 'thief' };
      const template = {
        metadata: { labels },
        spec: { serviceAccountName: DEPLOYER, containers: pod.spec.containers },
      };
      await admin.create(Deployment, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: ref,
        spec: { selector: { matchLabels: labels }, template },
      } as never);
      const failure = await waitFor({
        what: 'the Deployment to say that its pods are refused',
        timeoutMs: 60_000,
        look: async () =>
          (await admin.get(Deployment, ref)).status?.conditions?.find(({ type }) => type === 'ReplicaFailure'),
      });
      expect(failure.message).toContain(`No pod may run as ${DEPLOYER}`);
      await admin.delete(Deployment, ref);
    });

    it('other accounts run pods', async () => {
      expect(await refusal(runAs('default', 'default', admin))).toBeUndefined();
      expect(await refusal(runAs('default', app.namespace, admin))).toBeUndefined();
    });

    it('gives nobody a token, while other accounts do', async () => {
      const token = (account: string, client: KubeClient) =>
        refusal(
          client.request('POST', `/api/v1/namespaces/${app.namespace}/serviceaccounts/${account}/token`, {
            body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
          }),
        );
      expect(await token(DEPLOYER, admin)).toContain(`Nobody may have a token of ${DEPLOYER}`);
      expect(await token(DEPLOYER, allowed('system:node:node-1'))).toContain(`Nobody may have a token of ${DEPLOYER}`);
      expect(await token('default', admin)).toBeUndefined();
    });

    it('is written into no Secret', async () => {
      const create = (account: string) =>
        refusal(admin.create(Secret, tokenSecret(account, app.namespace), { dryRun: true }));
      // The client withholds the text, since it could quote a secret; that the other account passes shows the policy.
      expect(await create(DEPLOYER)).toContain('Invalid');
      expect(await create('default')).toBeUndefined();
      const ordinary = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'plain', namespace: app.namespace } };
      expect(await refusal(admin.create(Secret, ordinary as never, { dryRun: true }))).toBeUndefined();
    });

    it('may do with every kind that the guard lets through what KubeVela needs', async () => {
      for (const { group, resource } of DELIVERABLE_KINDS) {
        for (const verb of ['get', 'create', 'patch', 'delete']) {
          expect(await may(deployerOf(app.namespace), [], { group, resource, verb, namespace: app.namespace })).toBe(
            true,
          );
          expect(
            await may(deployerOf(app.namespace), [], { group, resource, verb, namespace: sandbox.namespace }),
          ).toBe(false);
        }
      }
      const rbac = {
        group: 'rbac.authorization.k8s.io',
        resource: 'rolebindings',
        verb: 'create',
        namespace: app.namespace,
      };
      expect(await may(deployerOf(app.namespace), [], rbac)).toBe(false);
    });
  });
}

function runAs(serviceAccountName: string, namespace: string, client: KubeClient): Promise<unknown> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'thief', namespace },
    spec: { serviceAccountName, containers: [{ name: 'c', image: 'busybox' }] },
  };
  return client.create(Pod, pod as never, { dryRun: true });
}
