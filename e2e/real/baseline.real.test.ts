/**
 * The baseline of a cluster as the Manager looks after it, on a real API server: an administrator's identity puts right
 * what is missing, altered, older or left over; the Manager's own says what an administrator has to do; neither touches
 * what a later version installed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { policyDrift } from '@kubenova/domain/admission/policy-drift.ts';
import { ADMISSION_VERSION } from '@kubenova/domain/admission/policy-objects.ts';
import { MANAGER_USER } from '@kubenova/domain/admission/users.ts';
import { admissionPolicies } from '@kubenova/domain/admission-policies.ts';
import { POLICIES_VERSION } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '@kubenova/kube/kinds/extension.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { installBaseline } from '@kubenova/manager/clusters/baseline.ts';
import { policiesReady } from '@kubenova/manager/reconcile/placement-policies.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const { signal } = new AbortController();
const name = 'kubenova-policy-max-replicas';
const asked = [{ name: 'own', policies: [{ type: 'max-replicas', parameters: { max: 3 } }] }];

let folder: string;
let cluster: RealCluster;
let admin: KubeClient;
let manager: KubeClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubenova-baseline-'));
  const binaries = await ensureBinaries();
  cluster = await startRealCluster({ name: 'zone-a', dataDir: folder, binaries, components: 'off' });
  admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml));
  manager = admin.impersonate({ username: MANAGER_USER });
}, 1_800_000);
afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function drift(): Promise<string[]> {
  const lists = await Promise.all([
    admin.list(ValidatingAdmissionPolicy),
    admin.list(ValidatingAdmissionPolicyBinding),
  ]);
  const found = policyDrift(
    lists.flatMap(({ items }) => items as Manifest[]),
    admissionPolicies(),
  );
  return found.map(({ desired, message }) => `${desired.kind} ${desired.metadata.name} ${message}`);
}

/** Of each policy what a write of ours would change; the API server itself keeps writing what it found of their types. */
const versions = async () =>
  (await admin.list(ValidatingAdmissionPolicy)).items.map(({ metadata }) => [
    metadata.uid,
    metadata.generation,
    metadata.annotations,
  ]);

it('is installed by an administrator, once', async () => {
  expect((await installBaseline(admin, signal)).status).toBe('True');
  expect(await drift()).toEqual([]);
  const before = await versions();
  expect(await installBaseline(admin, signal)).toMatchObject({
    status: 'True',
    message: expect.stringContaining(`version ${ADMISSION_VERSION}`),
  });
  expect(await versions()).toEqual(before);
  // The Manager sees that there is nothing to do, with the rights that it has.
  expect((await installBaseline(manager, signal)).status).toBe('True');
  expect((await policiesReady(manager, asked, signal))?.status).toBe('True');
});

describe('what was changed', () => {
  const merge = (patch: object) => admin.patch(ValidatingAdmissionPolicy, { name }, patch, { type: 'merge' });
  const bind = (patch: object) => admin.patch(ValidatingAdmissionPolicyBinding, { name }, patch, { type: 'merge' });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a condition by which it never matches',
      () => merge({ spec: { matchConditions: [{ name: 'never', expression: 'false' }] } }),
      'was altered: spec.matchConditions',
    ],
    [
      'failures that are ignored',
      () => merge({ spec: { failurePolicy: 'Ignore' } }),
      'was altered: spec.failurePolicy',
    ],
    ['a policy that is gone', () => admin.delete(ValidatingAdmissionPolicy, { name }), 'is not there'],
    ['a binding that is gone', () => admin.delete(ValidatingAdmissionPolicyBinding, { name }), 'is not there'],
    [
      'a binding that only warns',
      () => bind({ spec: { validationActions: ['Warn'] } }),
      'was altered: spec.validationActions',
    ],
    [
      'a binding of one namespace',
      () => bind({ spec: { matchResources: { namespaceSelector: { matchLabels: { a: 'b' } } } } }),
      'was altered: spec.matchResources',
    ],
    [
      'an older version',
      () =>
        merge({
          metadata: { annotations: { [POLICIES_VERSION]: '1' } },
          spec: { validations: [{ expression: 'true' }] },
        }),
      'is of version 1',
    ],
    [
      'one of before versions',
      () => merge({ metadata: { annotations: { [POLICIES_VERSION]: null } } }),
      'before versions',
    ],
  ])('%s: told by the Manager, put right by an administrator', async (_what, change, message) => {
    await change();
    for (const told of [await installBaseline(manager, signal), await policiesReady(manager, asked, signal)]) {
      expect(told).toMatchObject({ status: 'False', message: expect.stringContaining(name) });
      expect(told?.message).toContain(message);
      expect(told?.message).toContain("PATCH the cluster with an administrator's kubeconfig");
    }
    expect(await drift()).toHaveLength(1);
    expect((await installBaseline(admin, signal)).status).toBe('True');
    expect(await drift()).toEqual([]);
    expect((await policiesReady(manager, asked, signal))?.status).toBe('True');
  });

  it('a policy of an earlier version that is wanted no more goes', async () => {
    const left = structuredClone(
      admissionPolicies().find(({ kind }) => kind === 'ValidatingAdmissionPolicy') as Manifest,
    );
    left.metadata = { ...left.metadata, name: 'kubenova-gone', annotations: { [POLICIES_VERSION]: '1' } };
    await admin.create(ValidatingAdmissionPolicy, left);
    expect((await installBaseline(manager, signal)).message).toContain('kubenova-gone, which is not of this version');
    expect((await installBaseline(admin, signal)).status).toBe('True');
    expect(await admin.find(ValidatingAdmissionPolicy, { name: 'kubenova-gone' })).toBeUndefined();
  });

  it('a later version is left as it is, and the Manager says that it is behind', async () => {
    const later = String(ADMISSION_VERSION + 1);
    await merge({ metadata: { annotations: { [POLICIES_VERSION]: later } }, spec: { failurePolicy: 'Ignore' } });
    const before = await versions();
    for (const client of [admin, manager]) {
      expect(await installBaseline(client, signal)).toMatchObject({
        status: 'False',
        reason: 'NewerVersion',
        message: expect.stringContaining('Update this Manager'),
      });
    }
    expect(await versions()).toEqual(before);
  });
});
