/**
 * What this product relies on of Capsule, told from outside: it holds for the true one and for the stand-in, and does not
 * ask which of them it judges.
 */

import type { KubeClient } from '@kubenova/kube/client.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll } from 'vitest';
import { describeApplying } from './stand-ins-capsule/applying.ts';
import { describeEnding } from './stand-ins-capsule/ending.ts';
import { describeJoining } from './stand-ins-capsule/joining.ts';
import { describeKeeping } from './stand-ins-capsule/keeping.ts';
import { type CapsuleParties, MASTERS, namespace, tenant } from './stand-ins-capsule/parties.ts';
import { describeTelling } from './stand-ins-capsule/telling.ts';

/** A cluster with a Capsule whose user is the group `kubenova-users`. */
export interface CapsuleScene {
  /** May impersonate everybody. */
  readonly admin: KubeClient;
  /** Throws when something that the cluster is made of has ended. */
  assertAlive(): void;
  stop(): Promise<void>;
}

export function describeCapsule(open: () => Promise<CapsuleScene>): void {
  let scene: CapsuleScene;
  let parties: CapsuleParties;

  beforeAll(async () => {
    scene = await open();
    parties = partiesOf(scene);
    const { admin, manager, tenantStatus, eventually } = parties;
    const limits = [{ type: 'Container', default: { cpu: '100m' } }];
    const view = {
      clusterRoleName: 'view',
      subjects: [{ kind: 'Group', name: 'acme-viewers', apiGroup: 'rbac.authorization.k8s.io' }],
    };
    await admin.create(
      Tenant,
      tenant('acme', {
        preventDeletion: true,
        namespaceOptions: { quota: 3 },
        nodeSelector: { pool: 'blue', zone: 'z1' },
        resourceQuotas: { scope: 'Tenant', items: [{ hard: { configmaps: '10', 'requests.memory': '2Gi' } }] },
        limitRanges: { items: [{ limits }] },
        networkPolicies: { items: [{ podSelector: {}, policyTypes: ['Ingress'] }] },
        additionalRoleBindings: [view],
      }),
    );
    await admin.create(Tenant, tenant('globex'));
    await manager.create(Namespace, namespace('acme-one', 'acme'));
    await admin.create(Namespace, namespace('free'));
    await eventually('the tenant to know its namespace', async () =>
      (await tenantStatus('acme'))?.namespaces?.includes('acme-one'),
    );
  }, 1_800_000);

  afterAll(() => scene?.stop());

  // One after the other on one cluster: each goes on from what those before it have left.
  for (const part of [describeJoining, describeKeeping, describeApplying, describeTelling, describeEnding]) {
    part(() => parties);
  }
}

function partiesOf(scene: CapsuleScene): CapsuleParties {
  const { admin } = scene;
  const people = ['kubenova-users', 'acme-devs'];
  return {
    admin,
    manager: admin.impersonate({ username: 'manager', groups: ['kubenova-system-administrators', MASTERS] }),
    member: admin.impersonate({ username: 'ann', groups: people }),
    mighty: admin.impersonate({ username: 'ann', groups: [...people, MASTERS] }),
    tenantStatus: async (name) => (await admin.get(Tenant, { name })).status,
    eventually(what, look) {
      const giveUp = () => scene.assertAlive();
      return waitFor({ what, timeoutMs: 30_000, everyMs: 50, giveUp, look: async () => (await look()) || undefined });
    },
  };
}
