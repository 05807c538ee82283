/** A cluster with two tenants, for the tests of KubeVela and capsule-proxy or of what stands in for them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBinaries } from './build.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Person {
  readonly kubeconfig: string;
  kubectl(
    words: readonly string[],
    options?: { input?: string; environment?: Record<string, string> },
  ): Promise<Answer>;
  /** Parsed JSON of a `get`. */
  read(...words: readonly string[]): Promise<ReadObject>;
}

/** Objects as kubectl prints them; the tests know what they look for. */
// biome-ignore lint/suspicious/noExplicitAny: a test that reads a field that is not there fails, which is what it is for.
export type ReadObject = any;

export interface Scene {
  readonly cluster: RealCluster;
  readonly admin: Person;
  /** The identity that Capsule lets put namespaces into tenants. */
  readonly manager: Person;
  person(name: string, groups: readonly string[], through?: 'API server' | 'capsule-proxy'): Promise<Person>;
  apply(as: Person, ...objects: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

const rbac = 'rbac.authorization.k8s.io';

/** What every namespace of an App has: the ServiceAccount that delivers, and the right of the developers to look. */
export function appNamespace(tenant: string, name: string): object[] {
  const metadata = (object: string) => ({ name: object, namespace: name });
  const role = (object: string) => ({ apiGroup: rbac, kind: 'ClusterRole', name: object });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'capsule.clastix.io/tenant': tenant } } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('kubenova-deployer') },
    deployerBinding(name),
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { ...metadata('devs'), labels: { 'reflection.proxy.projectcapsule.dev/enabled': 'true' } },
      roleRef: role('test-reader'),
      subjects: [{ apiGroup: rbac, kind: 'Group', name: `${tenant}-devs` }],
    },
  ];
}

export function deployerBinding(namespace: string): object {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'kubenova-deployer', namespace },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'test-deployer' },
    subjects: [{ kind: 'ServiceAccount', name: 'kubenova-deployer', namespace }],
  };
}

const roles = [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'test-deployer' },
    rules: [
      {
        apiGroups: ['', 'apps', 'batch', 'networking.k8s.io'],
        resources: [
          'configmaps',
          'cronjobs',
          'daemonsets',
          'deployments',
          'ingresses',
          'jobs',
          'services',
          'statefulsets',
        ],
        verbs: ['get', 'create', 'patch', 'delete'],
      },
      // A workflow may wait for another Application.
      { apiGroups: ['core.oam.dev'], resources: ['applications'], verbs: ['get'] },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'test-reader' },
    rules: [
      {
        apiGroups: ['', 'apps'],
        resources: ['pods', 'pods/log', 'services', 'configmaps', 'deployments'],
        verbs: ['get', 'list', 'watch'],
      },
      { apiGroups: [''], resources: ['pods/exec', 'pods/attach', 'pods/portforward'], verbs: ['get', 'create'] },
    ],
  },
];

const tenant = (name: string) => ({
  apiVersion: 'capsule.clastix.io/v1beta2',
  kind: 'Tenant',
  metadata: { name },
  spec: {},
});

export async function openScene(): Promise<Scene> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-stand-ins-'));
  const binaries = await ensureBinaries();
  const cluster = await startRealCluster({ name: 'zone-a', dataDir: path.join(folder, 'cluster'), binaries });

  async function person(
    name: string,
    groups: readonly string[],
    through: 'API server' | 'capsule-proxy' = 'API server',
  ) {
    const kubeconfig = path.join(folder, `${name}-${through.replace(' ', '-')}.kubeconfig`);
    writeFileSync(kubeconfig, await cluster.kubeconfigFor(name, groups, through));
    return as(kubeconfig);
  }

  function as(kubeconfig: string): Person {
    const kubectl: Person['kubectl'] = (words, { input = '', environment = {} } = {}) =>
      new Promise((resolve) => {
        const env = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: kubeconfig, ...environment };
        const options = { env, timeout: 30_000, maxBuffer: 16 * 1024 * 1024 };
        const child = execFile(cluster.kubectl, words, options, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
        );
        child.stdin?.end(input);
      });
    return {
      kubeconfig,
      kubectl,
      async read(...words) {
        const { code, stdout, stderr } = await kubectl(['get', ...words, '--output=json']);
        if (code !== 0) throw new Error(stderr);
        return JSON.parse(stdout);
      },
    };
  }

  const admin = as(cluster.adminKubeconfig);
  const manager = await person('manager', ['system:masters', 'kubenova-system-administrators']);
  const apply: Scene['apply'] = async (who, ...objects) => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    const { code, stderr } = await who.kubectl(['apply', '--filename=-'], { input });
    if (code !== 0) throw new Error(stderr);
  };
  await apply(admin, ...roles, tenant('acme'), tenant('other'));
  await apply(manager, ...appNamespace('acme', 'acme-shop'), ...appNamespace('acme', 'acme-blog'));
  await apply(manager, ...appNamespace('other', 'other-shop'));
  return {
    cluster,
    admin,
    manager,
    person,
    apply,
    async close() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
