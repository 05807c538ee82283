/** Applications are the Agent's, and none is in a sandbox. */
import { kubeSystemUser, VELA_CORE_USER } from '@kubenova/domain/admission/users.ts';
import { VELA_GROUP, VELA_SERVICE_ACCOUNT, VELA_USERNAME } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { AGENT_ACCOUNT, DEPLOYER, serviceAccountUser } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { Service } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RealCluster } from '../stack/cluster.ts';
import {
  type AdmissionScene,
  AGENT,
  app,
  apply,
  asApplication,
  deployerOf,
  MANAGER,
  NOT_YOURS,
  refusal,
  rendered,
  sandbox,
  web,
} from './scene.ts';

export function describeApplications(open: () => AdmissionScene): void {
  let admin: KubeClient;
  let cluster: RealCluster;
  let allowed: AdmissionScene['allowed'];

  beforeAll(() => {
    ({ admin, cluster, allowed } = open());
  });

  describe('Applications', () => {
    it('are delivered when the Agent applies them, by KubeVela acting as the App', async () => {
      const agent = admin.impersonate({ username: AGENT });
      await apply(agent, rendered());
      await waitFor({
        what: 'the Deployment to be available',
        timeoutMs: 90_000,
        giveUp: () => cluster.assertAlive(),
        look: async () => {
          const deployment = await admin.find(Deployment, web);
          return deployment?.status?.availableReplicas === 2 ? true : undefined;
        },
      });
      expect(await admin.get(Service, web)).toMatchObject({ spec: { ports: [{ port: 80 }] } });
      await waitFor({
        what: 'the Application to run',
        timeoutMs: 60_000,
        look: async () => ((await admin.get(Application, web)).status?.status === 'running' ? true : undefined),
      });
    });

    it.each([
      ['an administrator', () => admin],
      ['the Manager', () => allowed(MANAGER)],
      ['KubeVela itself', () => allowed(VELA_CORE_USER)],
      ['the account of the App', () => allowed(deployerOf(app.namespace))],
      ['the Agent of another namespace', () => allowed(serviceAccountUser('default', AGENT_ACCOUNT))],
    ])('%s may not create or change one', async (_who, client) => {
      const other = rendered();
      // Without the label by which the policy on what KubeVela made would speak up too.
      other.metadata = { ...other.metadata, name: 'other', labels: {} };
      const create = client().create(Application, asApplication(other), { dryRun: true });
      expect(await refusal(create)).toContain("written by KubeNova's Agent only");
      const patch = { spec: { components: [] } };
      const change = client().patch(Application, web, patch, { type: 'merge', dryRun: true });
      expect(await refusal(change)).toMatch(NOT_YOURS);
    });

    it('an administrator may not delete one, KubeVela and the garbage collector may', async () => {
      const remove = (client: KubeClient) =>
        client.request('DELETE', `/apis/core.oam.dev/v1beta1/namespaces/${app.namespace}/applications/${app.name}`, {
          query: { dryRun: 'All' },
        });
      expect(await refusal(remove(admin))).toMatch(NOT_YOURS);
      for (const user of [
        VELA_CORE_USER,
        kubeSystemUser('generic-garbage-collector'),
        kubeSystemUser('namespace-controller'),
        AGENT,
      ]) {
        expect(await refusal(remove(allowed(user)))).toBeUndefined();
      }
    });

    it('KubeVela may set its finalizers and annotations, but nobody an identity', async () => {
      const annotate = (client: KubeClient, annotations: Record<string, string | null>) =>
        client.patch(Application, web, { metadata: { annotations } }, { type: 'merge', dryRun: true });
      const vela = allowed(VELA_CORE_USER);
      expect(await refusal(annotate(vela, { 'oam.dev/kubevela-version': 'v1' }))).toBeUndefined();
      for (const client of [vela, allowed(AGENT)]) {
        const forgeries: [string, string | null][] = [
          [VELA_USERNAME, 'kubernetes-admin'],
          [VELA_GROUP, 'system:masters'],
          [VELA_SERVICE_ACCOUNT, 'default'],
          [VELA_SERVICE_ACCOUNT, null],
        ];
        for (const [key, value] of forgeries) {
          expect(await refusal(annotate(client, { [key]: value }))).toContain(`run as the ServiceAccount ${DEPLOYER}`);
        }
      }
    });

    it.each([
      ['a user name', { [VELA_USERNAME]: 'kubernetes-admin' }],
      ['a group', { [VELA_GROUP]: 'system:masters' }],
      ['an empty user name', { [VELA_USERNAME]: '' }],
      ['another account', { [VELA_SERVICE_ACCOUNT]: 'default' }],
      ['no account', { [VELA_SERVICE_ACCOUNT]: undefined }],
    ])('not even the Agent may create one with %s', async (_what, annotations) => {
      const other = withAnnotations(rendered(), annotations);
      other.metadata.name = 'other';
      const create = allowed(AGENT).create(Application, asApplication(other), { dryRun: true });
      expect(await refusal(create)).toContain(`run as the ServiceAccount ${DEPLOYER}`);
    });

    it('none without any annotation either', async () => {
      const other = rendered();
      other.metadata = { name: 'other', namespace: app.namespace };
      const create = allowed(AGENT).create(Application, asApplication(other), { dryRun: true });
      expect(await refusal(create)).toContain(`run as the ServiceAccount ${DEPLOYER}`);
    });

    it('none may be in a sandbox: RBAC stops the Agent, and the policy would', async () => {
      const misplaced = rendered();
      misplaced.metadata = { ...misplaced.metadata, namespace: sandbox.namespace };
      const attempt = (client: KubeClient) =>
        refusal(client.create(Application, asApplication(misplaced), { dryRun: true }));
      expect(await attempt(admin.impersonate({ username: AGENT }))).toContain('cannot create resource "applications"');
      expect(await attempt(allowed(AGENT))).toContain('No KubeVela Application may be in a sandbox');
    });

    it.each([
      ['a member', () => allowed('ann', ['kubenova-users', 'acme-devs'])],
      ['a viewer', () => allowed('bob', ['kubenova-users', 'acme-viewers'])],
      ['an administrator', () => admin],
      ['the Manager', () => allowed(MANAGER)],
      ['KubeVela', () => allowed(VELA_CORE_USER)],
      ["the App's account", () => allowed(deployerOf(app.namespace))],
      ['an account of the sandbox', () => allowed(serviceAccountUser(sandbox.namespace, 'default'))],
      ['somebody of another tenant', () => allowed('eve', ['kubenova-users', 'other-devs'])],
    ])('none may be in a sandbox, whoever makes it: %s', async (_who, client) => {
      const misplaced = rendered();
      misplaced.metadata = { name: 'own', namespace: sandbox.namespace, annotations: misplaced.metadata.annotations };
      const create = client().create(Application, asApplication(misplaced), { dryRun: true });
      expect(await refusal(create)).toContain('No KubeVela Application may be in a sandbox');
    });
  });
}

function withAnnotations(object: Manifest, annotations: Record<string, string | undefined>): Manifest {
  const merged = Object.entries({ ...object.metadata.annotations, ...annotations });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) } };
}
