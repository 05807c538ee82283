import { policyDrift } from '@kubenova/domain/admission/policy-drift.ts';
import { admissionPolicies } from '@kubenova/domain/admission-policies.ts';
import { appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { planApply } from '@kubenova/domain/plan.ts';
import { sandboxNamespaceObjects } from '@kubenova/domain/sandbox-namespace.ts';
import { capsuleTenant } from '@kubenova/domain/tenant-state.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AdmissionScene, AGENT, app, apply, deployerOf, MANAGER, resourceOf, sandbox, web } from './scene.ts';

export function describeEnd(open: () => AdmissionScene): void {
  let admin: KubeClient;
  let allowed: AdmissionScene['allowed'];

  beforeAll(() => {
    ({ admin, allowed } = open());
  });

  describe('in the end', () => {
    it('a settled namespace needs no write, whatever the API server and Capsule added', async () => {
      const inApp = appNamespaceObjects(app);
      const inSandbox = sandboxNamespaceObjects(sandbox);
      const desired = [
        ...clusterBaseline(),
        capsuleTenant({ tenant: app.tenant, settings: { quotas: { pods: '50', 'limits.cpu': '2000m' } } }),
        inApp.namespace,
        inApp.serviceAccount,
        ...inApp.bindings,
        inSandbox.namespace,
        ...inSandbox.bindings,
      ];
      // Policies are compared whole: the API server adds nothing to them that they do not say themselves.
      const policies = admissionPolicies();
      const found = await Promise.all(policies.map((object) => admin.get(resourceOf(object), object.metadata)));
      expect(policyDrift(found, policies)).toEqual([]);
      const observe = () => Promise.all(desired.map((object) => admin.find(resourceOf(object), object.metadata)));
      const manager = allowed(MANAGER, ['kubenova-system-administrators']);
      for (const step of planApply((await observe()) as Manifest[], desired)) {
        expect(step.action).toBe('apply');
        if (step.action === 'apply') await apply(manager, step.object);
      }
      expect(planApply((await observe()) as Manifest[], desired)).toEqual([]);
    });

    it('the App goes: Application, bindings, namespace, and nothing sticks', async () => {
      const agent = admin.impersonate({ username: AGENT });
      await agent.delete(Application, web);
      await waitFor({
        what: 'the Application to be gone',
        timeoutMs: 60_000,
        look: async () => ((await admin.find(Application, web)) === undefined ? true : undefined),
      });
      expect(await admin.find(Deployment, web)).toBeUndefined();
      // A leftover with the label: the namespace controller must be able to clear it away.
      const leftover = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'leftover', namespace: app.namespace, labels: { 'kubenova.io/managed-by': 'vela' } },
      };
      await allowed(deployerOf(app.namespace)).create(ConfigMap, leftover as never);
      const manager = admin.impersonate({ username: MANAGER });
      for (const object of appNamespaceObjects(app).bindings) await manager.delete(resourceOf(object), object.metadata);
      await manager.delete(Namespace, { name: app.namespace });
      await waitFor({
        what: 'the namespace to be gone',
        timeoutMs: 60_000,
        look: async () => ((await admin.find(Namespace, { name: app.namespace })) === undefined ? true : undefined),
      });
    });
  });
}
