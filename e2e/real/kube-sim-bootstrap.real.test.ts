/** What kube-sim has recorded of Kubernetes' access control is what a fresh real API server does. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import type { SubjectAccessReview } from '@kubenova/kube/kinds/authorization.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { aggregatedRules } from '@kubenova/kube-sim/auth/aggregation.ts';
import type { AccessAttributes } from '@kubenova/kube-sim/auth/authorizer.ts';
import { BOOTSTRAP_FILE, BOOTSTRAP_LABEL, bootstrapObjects } from '@kubenova/kube-sim/auth/bootstrap.ts';
import { createRbac, type Rbac } from '@kubenova/kube-sim/auth/rbac.ts';
import { storeOf } from '@kubenova/kube-sim/auth/testing/rbac-objects.ts';
import type { UserInfo } from '@kubenova/kube-sim/auth/user.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { bootstrapText } from './kube-sim-facts/bootstrap.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const minutes = 60_000;
const [label = ''] = Object.entries(BOOTSTRAP_LABEL).map((pair) => pair.join('='));
const kinds: Readonly<Record<string, Resource<KubeObject>>> = { ClusterRole, ClusterRoleBinding, Role, RoleBinding };
let folder: string;
let cluster: RealCluster;
let client: KubeClient;

/** Of all kinds of RBAC, in all namespaces. */
async function defaults(): Promise<(ClusterRole & ClusterRoleBinding)[]> {
  const lists = await Promise.all(
    Object.values(kinds).map(async (resource) => {
      const { items } = await client.list(resource, { labelSelector: label });
      return items.map((object) => ({ ...object, kind: resource.kind }));
    }),
  );
  return lists.flat() as (ClusterRole & ClusterRoleBinding)[];
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kubenova-bootstrap-'));
  const binaries = await ensureBinaries();
  cluster = await startRealCluster({ name: 'bootstrap', dataDir: folder, binaries, components: 'off' });
  client = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml), { userAgent: 'bootstrap-test' });
}, 20 * minutes);

afterAll(async () => {
  await client?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the default roles and bindings', () => {
  it('are those of packages/kube-sim/auth/generated/bootstrap.json', async () => {
    const recorded: unknown = JSON.parse(readFileSync(BOOTSTRAP_FILE, 'utf8'));
    expect(JSON.parse(bootstrapText(await defaults()))).toEqual(recorded);
  });

  it('have the same aggregated rules', async () => {
    const ours = bootstrapObjects().filter(({ aggregationRule }) => aggregationRule !== undefined) as ClusterRole[];
    expect(ours.length).toBe(3);
    for (const { metadata, rules, aggregationRule } of ours) {
      await waitFor({
        what: `${metadata.name} to be aggregated`,
        timeoutMs: 30_000,
        look: async () => (await client.get(ClusterRole, { name: metadata.name })).rules?.length || undefined,
      });
      const real = await client.get(ClusterRole, { name: metadata.name });
      expect({ rules, aggregationRule }).toEqual({ rules: real.rules, aggregationRule: real.aggregationRule });
    }
  });
});

describe('decisions', () => {
  interface Golden {
    objects: KubeObject[];
    users: UserInfo[];
    questions: AccessAttributes[];
  }
  const file = path.join(import.meta.dirname, '../../packages/kube-sim/auth/golden/access.json');
  const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;
  let ours: Rbac;
  /** One for each binding, as if there were no other: where several allow something a real server names any of them. */
  let alone: Rbac[];

  beforeAll(async () => {
    for (const name of ['auth-g1', 'auth-g2']) {
      await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    for (const object of golden.objects) {
      const resource = kinds[object.kind];
      if (resource === undefined) throw new Error(`what is a ${object.kind}?`);
      await client.create(resource, object);
    }
    await waitFor({
      what: 'g-sum to be aggregated',
      timeoutMs: 30_000,
      look: async () => (await client.get(ClusterRole, { name: 'g-sum' })).rules?.length === 3 || undefined,
    });
    const objects: KubeObject[] = [...bootstrapObjects(), ...golden.objects];
    const clusterRoles = objects.filter(({ kind }) => kind === 'ClusterRole') as ClusterRole[];
    for (const role of clusterRoles) if (role.aggregationRule) role.rules = aggregatedRules(role, clusterRoles);
    const [bindings, roles] = [true, false].map((is) => objects.filter(({ kind }) => kind.endsWith('Binding') === is));
    ours = createRbac(storeOf(...objects));
    alone = (bindings ?? []).map((binding) => createRbac(storeOf(...(roles ?? []), binding)));
  });

  it.each(golden.users)('of $username are the same, and for a reason that holds', async (user) => {
    const wrong: unknown[] = [];
    for (const question of golden.questions) {
      const attributes = question.path === undefined ? 'resourceAttributes' : 'nonResourceAttributes';
      const body = { spec: { user: user.username, groups: user.groups, [attributes]: question } };
      const url = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const { status } = (await client.request('POST', url, { body })) as SubjectAccessReview;
      const { allowed, reason } = ours.authorize(user, question);
      const reasons = allowed ? alone.map((rbac) => rbac.authorize(user, question).reason) : [reason];
      const same = status?.allowed === allowed && reasons.includes(status.reason ?? '');
      if (!same) wrong.push({ question, status, allowed, reason });
    }
    expect(wrong).toEqual([]);
  });
});
