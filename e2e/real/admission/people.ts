import type { KubeClient } from '@kubenova/kube/client.ts';
import { Pod } from '@kubenova/kube/kinds/core.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AdmissionScene, app, refusal, sandbox } from './scene.ts';

export function describePeople(open: () => AdmissionScene): void {
  let admin: KubeClient;
  let may: AdmissionScene['may'];

  beforeAll(() => {
    ({ admin, may } = open());
  });

  describe('people', () => {
    const devs = ['kubenova-users', 'acme-devs'];
    const viewers = ['kubenova-users', 'acme-viewers'];
    type Row = [verb: string, resource: string, app: boolean, sandbox: boolean, viewer: boolean];
    const rows: Row[] = [
      ['list', 'pods', true, true, true],
      ['get', 'pods/log', true, true, true],
      ['create', 'pods/exec', true, true, false],
      ['get', 'pods/exec', true, true, false],
      ['create', 'pods/portforward', true, true, false],
      ['get', 'apps/deployments', true, true, true],
      ['create', 'apps/deployments', false, true, false],
      ['patch', 'apps/deployments', false, true, false],
      ['patch', 'apps/deployments/scale', false, true, false],
      ['delete', 'pods', false, true, false],
      ['create', 'configmaps', false, true, false],
      ['get', 'secrets', false, true, false],
      ['list', 'secrets', false, true, false],
      ['create', 'secrets', false, true, false],
      ['create', 'networking.k8s.io/ingresses', false, true, false],
      ['create', 'networking.k8s.io/networkpolicies', false, false, false],
      ['delete', 'resourcequotas', false, false, false],
      ['create', 'rbac.authorization.k8s.io/rolebindings', false, false, false],
      ['create', 'serviceaccounts/token', false, false, false],
      ['impersonate', 'serviceaccounts', false, false, false],
      ['get', 'core.oam.dev/applications', false, false, false],
      ['create', 'core.oam.dev/applications', false, false, false],
    ];

    it.each(rows)('%s %s', async (verb, what, inApp, inSandbox, viewer) => {
      const parts = what.split('/');
      const group = parts[0] !== undefined && (parts[0] === 'apps' || parts[0].includes('.')) ? parts.shift() : '';
      const [resource = '', subresource] = parts;
      const ask = (groups: readonly string[], namespace: string) =>
        may('ann', groups, { group, resource, subresource, verb, namespace });
      expect(await ask(devs, app.namespace), 'a member in the app namespace').toBe(inApp);
      expect(await ask(devs, sandbox.namespace), 'a member in the sandbox').toBe(inSandbox);
      expect(await ask(viewers, app.namespace), 'a viewer in the app namespace').toBe(viewer);
      expect(await ask(viewers, sandbox.namespace), 'a viewer in the sandbox').toBe(viewer);
      expect(await ask(devs, 'kube-system'), 'a member elsewhere').toBe(false);
      expect(await ask(['kubenova-users', 'other-devs'], app.namespace), 'somebody of another tenant').toBe(false);
    });

    it('a pod that reaches for the node is refused in a sandbox and in an app namespace', async () => {
      for (const namespace of [app.namespace, sandbox.namespace]) {
        const pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'escape', namespace },
          spec: { hostNetwork: true, containers: [{ name: 'c', image: 'busybox' }] },
        };
        expect(await refusal(admin.create(Pod, pod as never, { dryRun: true }))).toContain(
          'violates PodSecurity "baseline',
        );
      }
    });
  });
}
