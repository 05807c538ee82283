/**
 * A real cluster with the baseline, a tenant's app namespace and its sandbox, as the Manager makes them. Identities are
 * impersonated by an administrator; where a policy and not RBAC is to be shown, they are impersonated together with
 * `system:masters`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MANAGER_USER } from '@kubenova/domain/admission/users.ts';
import { appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { DEPLOYER, serviceAccountUser } from '@kubenova/domain/names.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { sandboxNamespaceObjects } from '@kubenova/domain/sandbox-namespace.ts';
import { capsuleTenant } from '@kubenova/domain/tenant-state.ts';
import { containerState, exampleApp, exampleSandbox } from '@kubenova/domain/testing/fixtures.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import { SubjectAccessReview } from '@kubenova/kube/kinds/authorization.ts';
import { ConfigMap, Namespace, Secret } from '@kubenova/kube/kinds/core.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { ensureBinaries } from '../build.ts';
import { type RealCluster, startRealCluster } from '../stack/cluster.ts';

/** Two policies refuse a change of an Application; the API server tells of either. */
export const NOT_YOURS = /written by KubeNova's Agent only|belongs to an App/;
const MASTERS = ['system:masters'];
export const deployerOf = (namespace: string): string => serviceAccountUser(namespace, DEPLOYER);
export const app = exampleApp;
export const sandbox = exampleSandbox;
export const web = { namespace: app.namespace, name: app.name };

export interface AdmissionScene {
  /** `system:masters`. */
  readonly admin: KubeClient;
  readonly cluster: RealCluster;
  /** A user with every right that RBAC can give, so that only a policy can stand in the way. */
  allowed(username: string, groups?: readonly string[]): KubeClient;
  /** A person with the rights that they have. */
  person(...groups: string[]): KubeClient;
  may(user: string, groups: readonly string[], of: Attributes): Promise<boolean>;
  stop(): Promise<void>;
}

export interface Attributes {
  group?: string;
  resource: string;
  subresource?: string;
  verb: string;
  namespace?: string;
}

export async function openAdmissionScene(): Promise<AdmissionScene> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubenova-admission-'));
  const cluster = await startRealCluster({ name: 'zone-a', dataDir: folder, binaries: await ensureBinaries() });
  const admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml));
  for (const object of clusterBaseline()) await apply(admin, object);
  await waitFor({
    what: 'the admission policies to be enforced',
    timeoutMs: 60_000,
    look: async () => ((await policiesAreEnforced(admin)) ? true : undefined),
  });
  // As the Manager does it, with the Manager's rights and no more.
  const manager = admin.impersonate({ username: MANAGER_USER });
  await apply(manager, capsuleTenant({ tenant: app.tenant, settings: {} }));
  const inApp = appNamespaceObjects(app);
  const inSandbox = sandboxNamespaceObjects(sandbox);
  for (const object of [inApp.namespace, inApp.serviceAccount, ...inApp.bindings]) await apply(manager, object);
  for (const object of [inSandbox.namespace, ...inSandbox.bindings]) await apply(manager, object);
  return {
    admin,
    cluster,
    allowed: (username, groups = []) => admin.impersonate({ username, groups: [...MASTERS, ...groups] }),
    person: (...groups) => admin.impersonate({ username: 'ann', groups: ['kubenova-users', ...groups] }),
    async may(user, groups, of) {
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        metadata: { name: '' },
        spec: { user, groups: [...groups, 'system:authenticated'], resourceAttributes: of },
      };
      const answer = await admin.create(SubjectAccessReview, review as never);
      return answer.status?.allowed === true;
    },
    async stop() {
      await admin.close();
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function resourceOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Resource {
  const resource = knownResource(object);
  if (resource === undefined) throw new Error(`${object.kind} is not known.`);
  return resource;
}

export async function apply(client: KubeClient, object: Manifest): Promise<void> {
  await client.apply(resourceOf(object), object, { fieldManager: 'test', force: true });
}

/** What the API server says against it; undefined when it has nothing against it. */
export async function refusal(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    // Capsule's webhook refuses some requests as bad ones.
    const refused =
      error.reason === 'Invalid' || error.reason === 'Forbidden' || error.message.includes('denied the request');
    if (refused) return error.message;
    throw error;
  }
}

/** A Secret into which Kubernetes writes a token of the account. */
export function tokenSecret(account: string, namespace: string): never {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name: 'token', namespace, annotations: { 'kubernetes.io/service-account.name': account } },
  } as never;
}

/** Something of everything that the policies refuse and that can be tried on an empty cluster. */
async function policiesAreEnforced(admin: KubeClient): Promise<boolean> {
  const application = rendered();
  application.metadata = { ...application.metadata, namespace: 'default' };
  const labelled = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'probe', namespace: 'default', labels: { 'kubenova.io/managed-by': 'vela' } },
  };
  const forged = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'probe', labels: { 'kubenova.io/sandbox': 'true' } },
  };
  const refusals = await Promise.all([
    refusal(admin.create(Application, asApplication(application), { dryRun: true })),
    refusal(admin.create(ConfigMap, labelled as never, { dryRun: true })),
    refusal(admin.create(Secret, tokenSecret(DEPLOYER, 'default'), { dryRun: true })),
    refusal(admin.create(Namespace, forged, { dryRun: true })),
  ]);
  return refusals.every((text) => text !== undefined);
}

export function rendered(tag = '1.29'): Manifest {
  const result = renderApplication(
    containerState({ image: 'nginx', tag, ports: [80], replicas: 2, host: 'a.example.com' }),
  );
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.application;
}

export const asApplication = (object: Manifest): never => object as never;
export { AGENT_USER as AGENT, MANAGER_USER as MANAGER } from '@kubenova/domain/admission/users.ts';
