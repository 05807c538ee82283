/**
 * The main job as a newcomer sees it, against a running `dev`: every request is a real one, and what the cluster shows
 * is what kubectl prints. Nothing here is prepared; a step that does not come true ends the demo with what was seen.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { DevFile } from '../dev/data-folder.ts';
import { CommandFailure } from '../output/failure.ts';
import type { Narrator, Shown } from './narrator.ts';

interface Stage {
  readonly narrator: Narrator;
  readonly api: KubeNovaClient;
  readonly file: DevFile;
  /** Folder for the kubeconfig that is handed out. */
  readonly folder: string;
  readonly cluster: string;
  readonly admin: { readonly file: string; readonly shownAs: string };
}

/** How long a step may take, as `?wait=`. */
const WAIT = '60s';
const PROJECT = 'shop';

/**
 * Walks through the main job.
 *
 * @param folder of the running `dev`, where the demo's kubeconfig is written
 * @throws CommandFailure when a step does not come true
 */
export async function mainJob(narrator: Narrator, file: DevFile, folder: string): Promise<void> {
  const [cluster] = file.clusters;
  if (cluster === undefined) throw new CommandFailure('this dev has no cluster');
  const stage: Stage = {
    narrator,
    api: createClient({ managerUrl: file.managerUrl, token: file.token }),
    file,
    folder,
    cluster: cluster.name,
    admin: { file: cluster.kubeconfig, shownAs: `--kubeconfig ${cluster.name}` },
  };
  const tenant = await tenantAndProject(stage);
  const namespace = await firstApp(stage, tenant);
  const sandbox = await firstSandbox(stage, tenant);
  const member = await kubectlPath(stage, tenant, namespace, sandbox);
  await upgradeAndRollBack(stage, tenant, namespace);
  farewell(stage, { tenant, namespace, sandbox, member });
}

async function tenantAndProject({ narrator, api, cluster, admin }: Stage): Promise<string> {
  await narrator.step(
    'A tenant, placed on a cluster, with a project',
    'A tenant is an organisation. Placing it on a cluster makes a Capsule Tenant there, which keeps it apart from others.',
  );
  const tenant = await freshTenant(narrator, api);
  const body = {};
  const placement = await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', {
    params: { path: { cluster, tenant }, query: { wait: WAIT } },
    body,
  });
  const path = `/api/v1/clusters/${cluster}/tenants/${tenant}?wait=${WAIT}`;
  narrator.exchange('PUT', path, body, placement.response.status, placement.data ?? placement.error);
  must(placement.data?.status.phase === 'Ready', 'the tenant was not placed');
  const project = await api.POST('/api/v1/tenants/{tenant}/projects', {
    params: { path: { tenant } },
    body: { name: PROJECT },
  });
  const projects = `/api/v1/tenants/${tenant}/projects`;
  narrator.exchange('POST', projects, { name: PROJECT }, project.response.status, project.data ?? project.error);
  must(project.data !== undefined, 'the project was not created');
  await shown(narrator.kubectl(admin, 'get', 'tenants.capsule.clastix.io', tenant), tenant);
  return tenant;
}

/** `demo`, or `demo-2` and so on where earlier demos left theirs. */
async function freshTenant(narrator: Narrator, api: KubeNovaClient): Promise<string> {
  for (let number = 1; number < 1000; number += 1) {
    const name = number === 1 ? 'demo' : `demo-${number}`;
    const { data, error, response } = await api.POST('/api/v1/tenants', { body: { name } });
    if (response.status === 409) continue;
    narrator.exchange('POST', '/api/v1/tenants', { name }, response.status, data ?? error);
    must(data !== undefined, 'the tenant was not created');
    return name;
  }
  throw new CommandFailure('there are a thousand demo tenants: remove some');
}

async function firstApp({ narrator, api, cluster, admin }: Stage, tenant: string): Promise<string> {
  await narrator.step(
    'An app',
    'The answer comes as soon as the wish is durable. The Manager then makes the namespace and its bindings, the Agent renders a KubeVela Application, and KubeVela makes the pods, as an account that can do nothing outside this namespace.',
  );
  const body = {
    name: 'frontend',
    source: {
      kind: 'containerImage' as const,
      containerImage: { image: 'docker.io/library/nginx', tag: '1.27.1', ports: [80], replicas: 2 },
    },
  };
  const { data, error, response } = await api.POST(
    '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps',
    { params: { path: { cluster, tenant, project: PROJECT }, query: { wait: WAIT } }, body },
  );
  const path = `/api/v1/clusters/${cluster}/tenants/${tenant}/projects/${PROJECT}/apps?wait=${WAIT}`;
  narrator.exchange('POST', path, body, response.status, data ?? error);
  must(data?.status.phase === 'Running', 'the app does not run');
  const { namespace } = data;
  await shown(narrator.kubectl(admin, 'get', 'namespace', namespace), namespace);
  await shown(narrator.kubectl(admin, 'get', 'rolebindings', '-n', namespace), 'kubenova');
  await shown(narrator.kubectl(admin, 'get', 'applications.core.oam.dev', '-n', namespace), 'frontend');
  await shown(narrator.kubectl(admin, 'get', 'deployments,pods', '-n', namespace), 'Running');
  return namespace;
}

async function firstSandbox({ narrator, api, cluster, admin }: Stage, tenant: string): Promise<string> {
  await narrator.step('A sandbox', 'A namespace that the tenant edits freely and that the platform never touches.');
  const body = { displayName: 'playground' };
  const { data, error, response } = await api.POST(
    '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox',
    { params: { path: { cluster, tenant, project: PROJECT }, query: { wait: WAIT } }, body },
  );
  const path = `/api/v1/clusters/${cluster}/tenants/${tenant}/projects/${PROJECT}/sandbox?wait=${WAIT}`;
  narrator.exchange('POST', path, body, response.status, data ?? error);
  must(data?.status.phase === 'Ready', 'the sandbox is not ready');
  await shown(narrator.kubectl(admin, 'get', 'namespace', data.namespace), data.namespace);
  return data.namespace;
}

async function kubectlPath(
  { narrator, api, folder }: Stage,
  tenant: string,
  namespace: string,
  sandbox: string,
): Promise<string> {
  await narrator.step(
    'kubectl for the tenant’s people',
    'A kubeconfig that leads through capsule-proxy: they see their own namespaces only, read in app namespaces, and edit in sandboxes.',
  );
  const { data, error, response } = await api.POST('/api/v1/tenants/{tenant}/kubeconfig', {
    params: { path: { tenant } },
    body: {},
  });
  // A credential is never printed, not even here.
  const told = data === undefined ? error : { expiresAt: data.expiresAt };
  narrator.exchange('POST', `/api/v1/tenants/${tenant}/kubeconfig`, {}, response.status, told);
  must(data !== undefined, 'there is no kubeconfig');
  const file = join(folder, `${tenant}.kubeconfig`);
  writeFileSync(file, data.kubeconfig, { mode: 0o600 });
  const member = { file, shownAs: `--kubeconfig ${tenant}` };
  await shown(narrator.kubectl(member, 'get', 'namespaces'), namespace);
  await shown(narrator.kubectl(member, 'get', 'pods', '-n', namespace), 'Running');
  const refused = await narrator.kubectl(member, 'scale', 'deployment', 'frontend', '--replicas=9', '-n', namespace);
  must(refused.code !== 0 && /forbidden/i.test(refused.text), 'a tenant could change an app by hand');
  await shown(narrator.kubectl(member, 'create', 'deployment', 'mine', '--image=nginx', '-n', sandbox), 'created');
  await shown(narrator.kubectl(member, 'rollout', 'status', 'deployment/mine', '-n', sandbox), 'successfully');
  return file;
}

async function upgradeAndRollBack({ narrator, api, cluster, admin }: Stage, tenant: string, namespace: string) {
  await narrator.step(
    'An upgrade, and back',
    'Each change of what an app is becomes a revision that never changes again; rolling back makes a new one out of an old one.',
  );
  const path = { cluster, tenant, project: PROJECT, app: 'frontend' };
  const query = { wait: WAIT };
  const base = `/api/v1/clusters/${cluster}/tenants/${tenant}/projects/${PROJECT}/apps/frontend`;
  const change = { source: { kind: 'containerImage' as const, containerImage: { tag: '1.27.2' } } };
  const patched = await api.PATCH('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', {
    params: { path, query },
    body: change,
  });
  narrator.exchange('PATCH', base, change, patched.response.status, patched.data ?? patched.error);
  must(patched.data?.revision === 2 && patched.data.status.phase === 'Running', 'the upgrade does not run');
  const image = ['get', 'deployment', 'frontend', '-n', namespace, '-o', 'wide'];
  await shown(narrator.kubectl(admin, ...image), '1.27.2');
  const rolledBack = await api.POST(
    '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}:rollback',
    { params: { path, query }, body: { revision: 1 } },
  );
  const answer = rolledBack.data ?? rolledBack.error;
  narrator.exchange('POST', `${base}:rollback`, { revision: 1 }, rolledBack.response.status, answer);
  must(rolledBack.data?.revision === 3 && rolledBack.data.status.phase === 'Running', 'the rollback does not run');
  await shown(narrator.kubectl(admin, ...image), '1.27.1');
}

function farewell(
  { narrator, file, cluster }: Stage,
  made: { tenant: string; namespace: string; sandbox: string; member: string },
): void {
  narrator.line('\nThat was the main job. Go on by yourself, as one of the tenant’s people:\n');
  narrator.line(`  export PATH=${dirname(file.kubectl)}:$PATH KUBECONFIG=${made.member}`);
  narrator.line('  kubectl get namespaces');
  narrator.line(`  kubectl logs -n ${made.namespace} deployment/frontend`);
  narrator.line(`  kubectl exec -n ${made.namespace} deployment/frontend -- hostname`);
  narrator.line(`  kubectl create configmap mine --from-literal=a=b -n ${made.sandbox}`);
  narrator.line('\nor as the operator:\n');
  narrator.line(`  export KUBECONFIG=${file.clusters[0]?.kubeconfig}`);
  narrator.line('  kubectl get applications.core.oam.dev -A');
  const app = `${file.managerUrl}/api/v1/clusters/${cluster}/tenants/${made.tenant}/projects/${PROJECT}/apps/frontend`;
  narrator.line(`  curl -s -X DELETE -H "Authorization: Bearer $(cat ${file.tokenFile})" ${app}\n`);
}

/** A kubectl call that has to succeed and show something. */
async function shown(call: Promise<Shown>, expected: string): Promise<void> {
  const { code, text } = await call;
  must(code === 0 && text.includes(expected), `kubectl did not show ${expected}`);
}

function must(condition: boolean | undefined, otherwise: string): asserts condition {
  if (!condition) throw new CommandFailure(`the demo stops: ${otherwise} (what was seen is above)`);
}

/**
 * Reads what a running `dev` wrote.
 *
 * @throws CommandFailure when none runs on the folder
 */
export function readDevFile(folder: string): DevFile {
  try {
    return JSON.parse(readFileSync(join(folder, 'dev.json'), 'utf8')) as DevFile;
  } catch {
    throw new CommandFailure(
      `no dev is ready on ${folder}: start one with ./kubenova dev, or name its folder with --data`,
    );
  }
}
