/**
 * KubeVela and capsule-proxy, or what stands in for them, beside the true API server and the true Capsule. Nothing here
 * asks which of the two it is: with KUBENOVA_VELA_CORE_BIN and KUBENOVA_CAPSULE_PROXY_BIN it judges the true programs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from './stack/condition.ts';
import { deployerBinding, openScene, type Person, type ReadObject, type Scene } from './stand-ins-scene.ts';

let scene: Scene;
let admin: Person;

beforeAll(async () => {
  scene = await openScene();
  admin = scene.admin;
}, 1_200_000);

afterAll(async () => {
  await scene?.close();
});

interface AppOptions {
  namespace?: string;
  version?: string;
  annotations?: Record<string, string>;
}

function application(name: string, components: object[], options: AppOptions = {}): object {
  const { namespace = 'acme-shop', version = 'r1', annotations } = options;
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name,
      namespace,
      labels: { 'kubenova.io/managed-by': 'vela' },
      annotations: {
        'app.oam.dev/publishVersion': version,
        ...(annotations ?? { 'app.oam.dev/service-account-name': 'kubenova-deployer' }),
      },
    },
    spec: { components },
  };
}

const webservice = (replicas: number, ...traits: object[]) => ({
  name: 'web',
  type: 'webservice',
  properties: { image: 'web:1', ports: [{ port: 9898 }] },
  traits: [{ type: 'scaler', properties: { replicas } }, ...traits],
});

const gateway = { type: 'gateway', properties: { domain: 'shop.test', classInSpec: true, http: { '/': 9898 } } };

const objects = (...list: object[]) => ({ name: 'objects', type: 'k8s-objects', properties: { objects: list } });

const configMap = (name: string, namespace?: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { k: 'v' },
});

const read = (kind: string, name: string, namespace = 'acme-shop') =>
  admin.read(kind, name, `--namespace=${namespace}`);

/** Waits until an Application's status is as wanted. */
function until(name: string, what: string, test: (status: ReadObject) => boolean, namespace = 'acme-shop') {
  let last: ReadObject;
  return waitFor({
    what: `Application ${name} to be ${what}`,
    timeoutMs: 90_000,
    everyMs: 200,
    async look() {
      last = (await read('application', name, namespace)).status ?? {};
      if (test(last)) return last;
      throw new Error(JSON.stringify(last));
    },
  });
}

const runs = (version: string) => (status: ReadObject) =>
  status.status === 'running' && status.workflow?.appRevision === version && status.workflow.finished;

const stepOf = (status: ReadObject) => status.workflow?.steps?.[0] ?? {};

async function names(kind: string, ...words: string[]): Promise<string[]> {
  const { items } = await admin.read(kind, ...words);
  return items.map((item: ReadObject) => item.metadata.name).sort();
}

function gone(kind: string, name: string, namespace = 'acme-shop') {
  return waitFor({
    what: `${kind} ${name} to be gone`,
    timeoutMs: 60_000,
    everyMs: 200,
    look: async () => (await names(kind, `--namespace=${namespace}`)).includes(name) === false || undefined,
  });
}

describe('KubeVela', () => {
  it('makes what an Application asks for, as the ServiceAccount that it names', async () => {
    await scene.apply(admin, application('web', [webservice(2, gateway)]));
    const status = await until('web', 'running', runs('r1'));
    expect(status.services).toMatchObject([{ name: 'web', healthy: true, message: 'Ready:2/2' }]);
    expect(status.conditions.map(({ type }: ReadObject) => type)).toEqual([
      'Parsed',
      'Revision',
      'Policy',
      'Render',
      'Workflow',
      'Ready',
    ]);
    expect(status.appliedResources.map(({ kind }: ReadObject) => kind)).toEqual(['Deployment', 'Ingress', 'Service']);
    const { metadata, spec } = await read('deployment', 'web');
    expect(spec.replicas).toBe(2);
    expect(metadata.labels).toMatchObject({
      'app.oam.dev/name': 'web',
      'app.oam.dev/appRevision': 'web-v1',
      'app.oam.dev/resourceType': 'WORKLOAD',
      'kubenova.io/managed-by': 'vela',
    });
    expect((await read('applicationrevision', 'web-v1')).status.succeeded).toBe(true);
    const tracker = await admin.read('resourcetracker', 'web-r1-acme-shop');
    expect(tracker.spec.managedResources.map(({ kind }: ReadObject) => kind)).toEqual([
      'Deployment',
      'Ingress',
      'Service',
    ]);
  });

  it('deploys a changed spec only under a new publishVersion, and then removes what it no longer has', async () => {
    await scene.apply(admin, application('web', [webservice(3)]));
    await until('web', 'looked at again', (status) => status.observedGeneration === 2);
    expect((await read('deployment', 'web')).spec.replicas).toBe(2);
    await scene.apply(admin, application('web', [webservice(3)], { version: 'r2' }));
    await until('web', 'running r2', runs('r2'));
    expect((await read('deployment', 'web')).spec.replicas).toBe(3);
    await gone('ingress', 'web');
    await gone('resourcetracker', 'web-r1-acme-shop');
    expect(await names('applicationrevision', '--namespace=acme-shop')).toEqual(['web-v1', 'web-v2']);
  });

  it('brings a deleted object back when an annotation changes', async () => {
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'deployment', 'web']);
    await admin.kubectl(['--namespace=acme-shop', 'annotate', 'application', 'web', 'kubenova.io/poke=1']);
    await waitFor({ what: 'the Deployment', timeoutMs: 30_000, look: () => read('deployment', 'web') });
  });

  it('applies nothing of a component of which the server refuses an object, and gives the server’s words', async () => {
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'stolen' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [],
    };
    const masters = {
      'app.oam.dev/service-account-name': 'kubenova-deployer',
      'app.oam.dev/group': 'system:masters',
    };
    const deployer = 'User "system:serviceaccount:acme-shop:kubenova-deployer" cannot';
    const cases: [string, object, string][] = [
      [
        'cluster-wide',
        application('cluster-wide', [objects(configMap('beside'), binding)]),
        `${deployer} get resource "clusterrolebindings"`,
      ],
      [
        'elsewhere',
        application('elsewhere', [objects(configMap('c', 'other-shop'))]),
        `${deployer} get resource "configmaps"`,
      ],
      [
        'nobody',
        application('nobody', [objects(configMap('c'))], { annotations: {} }),
        'cannot impersonate resource "users"',
      ],
      [
        'masters',
        application('masters', [objects(configMap('c'))], { annotations: masters }),
        'cannot impersonate resource "groups"',
      ],
      [
        'no-kind',
        application('no-kind', [objects({ ...configMap('c'), apiVersion: 'foo.example/v1', kind: 'Foo' })]),
        'no matches for kind "Foo"',
      ],
      [
        'stranger',
        application('stranger', [objects({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } })]),
        'is managed by other application acme-shop/web',
      ],
      ['empty', application('empty', [objects()]), 'index out of range [0] with length 0'],
    ];
    await scene.apply(admin, ...cases.map(([, object]) => object));
    for (const [name, , words] of cases) {
      const status = await until(name, 'refused', (it) => stepOf(it).phase === 'failed');
      expect([name, status.status]).toEqual([name, 'runningWorkflow']);
      expect(stepOf(status)).toMatchObject({ reason: 'Execute', message: expect.stringContaining(words) });
    }
    expect(await names('configmaps', '--namespace=acme-shop')).not.toContain('beside');
    expect(await names('clusterrolebindings')).not.toContain('stolen');
    const failed = await until('cluster-wide', 'given up', (status) => status.status === 'workflowFailed');
    expect(stepOf(failed).reason).toBe('FailedAfterRetries');
    expect(failed.workflow).toMatchObject({ finished: true, terminated: true, status: 'failed' });
    for (const [name] of cases) {
      await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', name, '--timeout=30s']);
    }
  });

  it('stays rendering on a type that it does not know', async () => {
    await scene.apply(admin, application('unknown', [{ name: 'c', type: 'nosuch', properties: {} }]));
    const status = await until('unknown', 'rendering', (it) => it.status === 'rendering');
    expect(status.conditions).toMatchObject([{ type: 'Parsed', status: 'False', reason: 'ReconcileError' }]);
    expect(status.conditions[0].message).toContain('"nosuch" not found');
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'unknown', '--timeout=30s']);
  });

  it('calls raw objects healthy at once, and a webservice only when its pods are ready', async () => {
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '9999' } } }] },
    };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'raw' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    };
    const big = { name: 'big', type: 'webservice', properties: { image: 'x', cpu: '9999' } };
    await scene.apply(admin, application('raw', [objects(deployment)]), application('big', [big]));
    await until('raw', 'running', runs('r1'));
    const waiting = await until('big', 'waiting', (status) => stepOf(status).phase === 'running');
    expect(waiting).toMatchObject({ status: 'runningWorkflow', services: [{ healthy: false, message: 'Ready:0/1' }] });
    expect(stepOf(waiting)).toMatchObject({ reason: 'Wait', message: 'wait healthy' });
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'raw', 'big', '--timeout=30s']);
  });

  it('deletes an Application with all that it made', async () => {
    const answer = await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'web', '--timeout=30s']);
    expect(answer.code).toBe(0);
    await gone('deployment', 'web');
    expect(await names('resourcetracker')).toEqual([]);
    expect(await names('applicationrevision', '--namespace=acme-shop')).toEqual([]);
  });

  it('cannot delete without the rights of the ServiceAccount; a tracker that is left over blocks the next of the name', async () => {
    const namespace = 'acme-blog';
    const app = application('notes', [objects(configMap('notes'))], { namespace });
    await scene.apply(admin, app);
    await until('notes', 'running', runs('r1'), namespace);
    await admin.kubectl(['--namespace', namespace, 'delete', 'rolebinding', 'kubenova-deployer']);
    await admin.kubectl(['--namespace', namespace, 'delete', 'application', 'notes', '--wait=false']);
    const stuck = await until('notes', 'stuck', (status) => status.status === 'deleting', namespace);
    const ready = stuck.conditions.find(({ type }: ReadObject) => type === 'Ready');
    expect(ready).toMatchObject({
      status: 'False',
      reason: 'Deleting',
      message: expect.stringContaining('cannot get resource "configmaps"'),
    });
    const patch = ['--type=merge', '--patch={"metadata":{"finalizers":null}}'];
    await admin.kubectl(['--namespace', namespace, 'patch', 'application', 'notes', ...patch]);
    await gone('application', 'notes', namespace);
    expect(await names('resourcetracker')).toEqual(['notes-r1-acme-blog']);

    await scene.apply(admin, deployerBinding(namespace), app);
    const blocked = await until('notes', 'blocked', (status) => status.status === 'starting', namespace);
    expect(blocked.conditions[0]).toMatchObject({ type: 'Synced', status: 'False' });
    expect(blocked.conditions[0].message).toContain('exists but controlled by another application');
    await admin.kubectl(['patch', 'resourcetracker', 'notes-r1-acme-blog', ...patch]);
    await until('notes', 'running', runs('r1'), namespace);
    expect(
      (await admin.kubectl(['--namespace', namespace, 'delete', 'application', 'notes', '--timeout=30s'])).code,
    ).toBe(0);
  });
});

describe('capsule-proxy', () => {
  let ann: Person;
  let ben: Person;
  let eve: Person;
  let pod: string;

  beforeAll(async () => {
    ann = scene.person('ann', ['kubenova-users', 'acme-devs'], 'capsule-proxy');
    ben = scene.person('ben', ['kubenova-users', 'other-devs'], 'capsule-proxy');
    eve = scene.person('eve', ['strangers'], 'capsule-proxy');
    await scene.apply(admin, application('pods', [webservice(1)]));
    await until('pods', 'running', runs('r1'));
    pod = (await admin.read('pods', '--namespace=acme-shop')).items[0].metadata.name;
  });

  const list = async (who: Person, ...words: string[]) => {
    const { stdout } = await who.kubectl(['get', ...words, '--output=jsonpath={.items[*].metadata.name}']);
    return stdout.split(' ').filter((name) => name !== '');
  };

  it('shows a member the namespaces of its tenant, and a stranger none', async () => {
    expect(await list(ann, 'namespaces')).toEqual(['acme-blog', 'acme-shop']);
    expect(await list(ben, 'namespaces')).toEqual(['other-shop']);
    const refused = await eve.kubectl(['get', 'namespaces']);
    expect(refused.stderr).toContain('User "eve" cannot list resource "namespaces"');
  });

  it('keeps selectors, and none of them shows more', async () => {
    expect(await list(ann, 'namespaces', '--field-selector=metadata.name=acme-blog')).toEqual(['acme-blog']);
    expect(await list(ann, 'namespaces', '--selector=kubernetes.io/metadata.name=acme-shop')).toEqual(['acme-shop']);
    for (const selector of [
      'kubernetes.io/metadata.name=other-shop',
      'kubernetes.io/metadata.name in (kube-system)',
      'a!=b,a notin (c)',
    ]) {
      const shown = await list(ann, 'namespaces', `--selector=${selector}`);
      expect(shown.filter((name) => !name.startsWith('acme-'))).toEqual([]);
    }
    expect((await ann.kubectl(['get', 'namespace', 'acme-shop'])).code).toBe(0);
    expect((await ann.kubectl(['get', 'namespace', 'other-shop'])).stderr).toContain('not found');
  });

  it('lists over all namespaces within the tenant only, and passes the rest on as the caller', async () => {
    expect(await list(ann, 'pods', '--all-namespaces')).toEqual([pod]);
    expect(await list(ben, 'pods', '--all-namespaces')).toEqual([]);
    expect(await list(ann, 'secrets', '--all-namespaces')).toEqual([]);
    expect(await list(ann, 'pods', '--namespace=acme-shop')).toEqual([pod]);
    expect((await ben.kubectl(['--namespace=acme-shop', 'get', 'pods'])).stderr).toContain('User "ben" cannot list');
    expect((await ann.kubectl(['--namespace=acme-shop', 'delete', 'pod', pod])).stderr).toContain(
      'User "ann" cannot delete',
    );
    expect((await ann.kubectl(['create', 'namespace', 'stolen'])).stderr).toContain('projectcapsule.dev');
    expect((await ann.kubectl(['auth', 'can-i', 'list', 'namespaces'])).stdout.trim()).toBe('yes');
  });

  it.each(['true', 'false'])('carries exec both ways with its exit code (WebSocket: %s)', async (webSocket) => {
    const environment = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSocket };
    const exec = ['--namespace=acme-shop', 'exec'];
    const answer = await ann.kubectl([...exec, pod, '--', 'sh', '-c', 'echo hello; exit 3'], { environment });
    expect(answer).toMatchObject({ code: 3, stdout: 'hello\n' });
    const input = 'through the proxy\n'.repeat(5000);
    const echo = await ann.kubectl([...exec, '--stdin', pod, '--', 'cat'], { environment, input });
    expect(echo.code).toBe(0);
    expect(echo.stdout).toBe(input);
    const refused = await ben.kubectl([...exec, pod, '--', 'true'], { environment });
    expect(refused.stderr).toContain('User "ben" cannot');
  });

  it('lets a log be followed as it is written, and ends the request upstream when the reader goes', async () => {
    const follow = spawn(scene.cluster.kubectl, ['--namespace=acme-shop', 'logs', '--follow', '--tail=0', pod], {
      env: { PATH: process.env.PATH ?? '', KUBECONFIG: ann.kubeconfig },
    });
    let seen = '';
    follow.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    const watching = async () => {
      const { stdout } = await admin.kubectl(['get', '--raw', '/metrics']);
      const pattern = /^apiserver_longrunning_requests\{.*subresource="log".*\} (\d+)$/gm;
      return [...stdout.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    await waitFor({ what: 'the follower', timeoutMs: 20_000, look: async () => (await watching()) > 0 || undefined });
    scene.cluster.logFromPods('written while it is followed');
    await waitFor({
      what: 'the line',
      timeoutMs: 20_000,
      look: () => seen.includes('written while it is followed') || undefined,
    });
    follow.kill();
    await once(follow, 'exit');
    await waitFor({ what: 'its end', timeoutMs: 20_000, look: async () => (await watching()) === 0 || undefined });
  });

  it('forwards a port, as far as the pod answers', async () => {
    const forward = spawn(scene.cluster.kubectl, ['--namespace=acme-shop', 'port-forward', `pod/${pod}`, ':9898'], {
      env: { PATH: process.env.PATH ?? '', KUBECONFIG: ann.kubeconfig },
    });
    let said = '';
    forward.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const port = await waitFor({
      what: 'the forwarded port',
      timeoutMs: 20_000,
      look: () => /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1],
    });
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    forward.kill();
    await once(forward, 'exit');
  });

  it.each<[string, string, Record<string, string | string[]>, number]>([
    ['nobody', '/api/v1/namespaces', {}, 403],
    ['an empty token', '/api/v1/namespaces', { authorization: 'Bearer ' }, 403],
    ['an invented token', '/api/v1/namespaces', { authorization: 'Bearer abc' }, 403],
    ['another scheme', '/version', { authorization: 'Basic YWRtaW46YWRtaW4=' }, 403],
    [
      'a header that names an administrator',
      '/api/v1/secrets',
      { 'x-remote-user': 'root', 'x-remote-group': 'system:masters' },
      403,
    ],
    ['anybody who asks whether it lives', '/_healthz', {}, 200],
  ])('answers %s on %s', async (_who, url, headers, code) => {
    expect((await ask(url, headers)).code).toBe(code);
  });

  it('lets no header make somebody else of a caller', async () => {
    const { stdout } = await admin.kubectl(['--namespace=acme-shop', 'create', 'token', 'kubenova-deployer']);
    const authorization = `Bearer ${stdout.trim()}`;
    const impersonating = await ask('/api/v1/namespaces', {
      authorization,
      'impersonate-user': 'root',
      'impersonate-group': 'system:masters',
    });
    expect(impersonating.code).toBe(403);
    const trick = {
      authorization,
      connection: 'Impersonate-User, Impersonate-Group, Authorization',
      'x-remote-group': 'system:masters',
    };
    const tricked = await ask('/api/v1/namespaces', trick);
    expect(tricked.code).toBe(403);
    expect(tricked.body).not.toContain('NamespaceList');
  });

  function ask(url: string, headers: Record<string, string | string[]>): Promise<{ code: number; body: string }> {
    const proxy = scene.cluster.capsuleProxy;
    if (!proxy) throw new Error('the cluster has no capsule-proxy');
    return new Promise((resolve, reject) => {
      const call = request(new URL(url, proxy.url), { ca: proxy.caPem, agent: false, headers }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
        resolve({ code: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
      call.once('error', reject);
      call.end();
    });
  }
});
