/** capsule-proxy, true or not: a tenant's people see what is theirs and nothing else. */
import { expect } from 'vitest';
import { type Body, type Case, casesOf, type KubectlOptions, type Scope } from '../case.ts';
import { configMap, get, pod, post, rbac, services } from '../requests.ts';
import { letPeople, makeNamespace, makeRole, makeTenant, member } from '../tenancy.ts';

interface Stage {
  readonly tenant: string;
  readonly shop: string;
  readonly blog: string;
  /** Of another tenant. */
  readonly other: string;
  readonly ann: KubectlOptions;
  readonly ben: KubectlOptions;
  readonly eve: KubectlOptions;
}

/** Two tenants with three namespaces, whose people may look around and run commands; a pod runs in the first. */
async function stage(s: Scope): Promise<Stage> {
  const tenant = await makeTenant(s);
  const second = await makeTenant(s, {}, 'o');
  const role = await makeRole(s, 'reader', [
    {
      apiGroups: ['', 'apps'],
      resources: ['pods', 'pods/log', 'services', 'configmaps', 'deployments'],
      verbs: ['get', 'list', 'watch'],
    },
    { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] },
  ]);
  const shop = await makeNamespace(s, tenant, 'shop');
  const blog = await makeNamespace(s, tenant, 'blog');
  const other = await makeNamespace(s, second, 'shop');
  await letPeople(s, tenant, shop, role);
  await letPeople(s, tenant, blog, role);
  await letPeople(s, second, other, role);
  const through = 'capsule-proxy';
  const found = {
    tenant,
    shop,
    blog,
    other,
    ann: { as: member(tenant), through },
    ben: { as: member(second, 'conf-ben'), through },
    eve: { as: { user: 'conf-eve', groups: ['strangers'] }, through },
  } as const;
  await s.until(
    'capsule-proxy to know all of it',
    async () => {
      const [ann, ben] = [await seen(s, found.ann, 'namespaces'), await seen(s, found.ben, 'namespaces')];
      if (ann.length === 2 && ben.length === 1) return true;
      throw new Error(JSON.stringify({ ann, ben }));
    },
    500,
  );
  return found;
}

async function seen(s: Scope, who: KubectlOptions, ...words: string[]): Promise<string[]> {
  const { stdout } = await s.kubectl(['get', ...words, '--output=jsonpath={.items[*].metadata.name}'], who);
  return stdout.split(' ').filter((name) => name !== '');
}

async function runPod(s: Scope, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await s.do(post(path, pod('p')));
  await s.until('the pod to run', async () => (await s.do(get(`${path}/p`))).status.phase === 'Running');
}

const staged = (title: string, run: (s: Scope, at: Stage) => Promise<void>): readonly [string, Case['run']] => [
  title,
  async (s) => run(s, await stage(s)),
];

async function execute(s: Scope, { ann, ben, shop }: Stage, webSockets: string): Promise<void> {
  await runPod(s, shop);
  const environment = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets };
  const words = ['--namespace', shop, 'exec'];
  const answer = await s.kubectl([...words, 'p', '--', 'sh', '-c', 'echo hello; exit 3'], { ...ann, environment });
  expect(answer).toMatchObject({ code: 3, stdout: 'hello\n' });
  const input = 'through the proxy\n'.repeat(2000);
  const echo = await s.kubectl([...words, '--stdin', 'p', '--', 'cat'], { ...ann, environment, input });
  expect(echo).toMatchObject({ code: 0, stdout: input });
  const refused = await s.kubectl([...words, 'p', '--', 'true'], { ...ben, environment });
  expect(refused.stderr).toContain('User "conf-ben" cannot');
}

export const proxyCases = casesOf(
  'proxy',
  {
    namespaces: staged(
      'a member sees the namespaces of its tenant, and a stranger is told no',
      async (s, { ann, ben, eve, shop, blog, other }) => {
        expect(await seen(s, ann, 'namespaces')).toEqual([blog, shop]);
        expect(await seen(s, ben, 'namespaces')).toEqual([other]);
        expect((await s.kubectl(['get', 'namespaces'], eve)).stderr).toContain(
          'User "conf-eve" cannot list resource "namespaces"',
        );
        expect((await s.kubectl(['get', 'namespace', shop], ann)).code).toBe(0);
        expect((await s.kubectl(['get', 'namespace', other], ann)).stderr).toContain('(NotFound)');
      },
    ),
    selectors: staged(
      'selectors choose among them, and none shows more',
      async (s, { ann, shop, blog, other, tenant }) => {
        expect(await seen(s, ann, 'namespaces', `--field-selector=metadata.name=${blog}`)).toEqual([blog]);
        expect(await seen(s, ann, 'namespaces', `--selector=kubernetes.io/metadata.name=${shop}`)).toEqual([shop]);
        for (const selector of [
          `kubernetes.io/metadata.name=${other}`,
          'kubernetes.io/metadata.name in (kube-system)',
          'a!=b,a notin (c)',
        ]) {
          const shown = await seen(s, ann, 'namespaces', `--selector=${selector}`);
          expect(shown.filter((name) => !name.startsWith(`conf-${tenant}-`))).toEqual([]);
        }
      },
    ),
    'all-namespaces': staged('a list over all namespaces is of the tenant’s', async (s, { ann, ben, shop, other }) => {
      for (const namespace of [shop, other])
        await s.do(
          post(`/api/v1/namespaces/${namespace}/services`, {
            metadata: { name: `in-${namespace}` },
            spec: { clusterIP: 'None', ports: [{ port: 80 }] },
          }),
        );
      await s.do(post(services, { metadata: { name: 'nobodys' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } }));
      const services_ = (who: KubectlOptions, wanted: string) =>
        s.until('the service to be seen', async () => {
          const shown = await seen(s, who, 'services', '--all-namespaces');
          return shown.includes(wanted) && shown;
        });
      expect(await services_(ann, `in-${shop}`)).toEqual([`in-${shop}`]);
      expect(await services_(ben, `in-${other}`)).toEqual([`in-${other}`]);
      expect(await seen(s, ann, 'secrets', '--all-namespaces')).toEqual([]);
    }),
    projects: staged(
      'a binding that is not reflected shows its namespace and opens nothing over all of them',
      async (s, { tenant, shop, blog }) => {
        const role = await makeRole(s, 'project', [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }]);
        const group = `${tenant}/shop-devs`;
        const api = 'rbac.authorization.k8s.io';
        await s.do(
          post(`${rbac}/namespaces/${shop}/rolebindings`, {
            metadata: { name: 'project-devs' },
            roleRef: { apiGroup: api, kind: 'ClusterRole', name: role },
            subjects: [{ apiGroup: api, kind: 'Group', name: group }],
          }),
        );
        await runPod(s, shop);
        const cid = { as: { user: 'conf-cid', groups: ['kubenova-users', group] }, through: 'capsule-proxy' } as const;
        await s.until('capsule-proxy to know the binding', async () => (await seen(s, cid, 'namespaces')).length > 0);
        expect(await seen(s, cid, 'namespaces')).toEqual([shop]);
        expect((await s.kubectl(['get', 'namespace', blog], cid)).stderr).toContain('(NotFound)');
        expect(await seen(s, cid, '--namespace', shop, 'pods')).toEqual(['p']);
        expect((await s.kubectl(['--namespace', blog, 'get', 'pods'], cid)).stderr).toContain(
          'User "conf-cid" cannot list resource "pods"',
        );
        expect(await seen(s, cid, 'pods', '--all-namespaces')).toEqual([]);
      },
    ),
    'as-the-caller': staged('everything else is asked for as the caller', async (s, { ann, ben, shop }) => {
      await s.do(post(`/api/v1/namespaces/${shop}/configmaps`, configMap('one', { a: '1' })));
      expect(await s.run(['--namespace', shop, 'get', 'configmap', 'one', '-o', 'jsonpath={.data.a}'], ann)).toBe('1');
      expect((await s.kubectl(['--namespace', shop, 'get', 'configmaps'], ben)).stderr).toContain(
        'User "conf-ben" cannot list resource "configmaps"',
      );
      expect((await s.kubectl(['--namespace', shop, 'delete', 'configmap', 'one'], ann)).stderr).toContain(
        'User "conf-ann" cannot delete resource "configmaps"',
      );
      expect((await s.kubectl(['create', 'namespace', '{u}-stolen'], ann)).stderr).toContain('projectcapsule.dev');
    }),
    'can-i': [
      'can-i knows what capsule-proxy opens',
      // With a certificate the true capsule-proxy 0.14 refuses reviews: it takes the groups that it impersonates for the caller's wish.
      { needs: ['issuer'] },
      async (s) => {
        const { ann, shop } = await stage(s);
        const token = await s.idToken({ sub: ann.as?.user, groups: ann.as?.groups });
        const asks = (...words: string[]) => s.kubectl(words, { ...ann, token });
        await s.until('capsule-proxy to say yes', async () => {
          const { stdout, stderr } = await asks('auth', 'can-i', 'list', 'namespaces');
          if (stdout !== 'yes\n') throw new Error(stderr);
          return true;
        });
        expect((await asks('--namespace', shop, 'auth', 'can-i', 'delete', 'pods')).stdout).toBe('no\n');
      },
    ],
    watch: staged('a watch of namespaces and of objects goes through', async (s, { ann, shop }) => {
      const words = ['--namespace', shop, 'wait', '--for=jsonpath={.data.a}=1', 'configmap/late', '--timeout=30s'];
      await s.do(post(`/api/v1/namespaces/${shop}/configmaps`, configMap('late')));
      const waiting = s.run(words, ann);
      await s.do({
        method: 'PATCH',
        path: `/api/v1/namespaces/${shop}/configmaps/late`,
        body: { data: { a: '1' } },
        contentType: 'application/merge-patch+json',
      });
      expect(await waiting).toBe('configmap/late condition met\n');
      const listed = await s
        .run(['get', 'namespaces', '--watch', '--output=name', '--request-timeout=2s'], ann)
        .catch((error: Error) => error.message);
      expect(listed).not.toContain('namespace/default');
    }),
    exec: staged('exec goes through, both ways, with its exit code', (s, at) => execute(s, at, 'true')),
    'exec-spdy': [
      'exec goes through, also over SPDY',
      {
        only: {
          worlds: ['real', 'kubeconfig'],
          why: 'the simulator carries exec over WebSocket, as every kubectl does since 1.31, and not over SPDY before that',
        },
      },
      async (s) => execute(s, await stage(s), 'false'),
    ],
    logs: staged('logs go through', async (s, { ann, ben, shop }) => {
      await runPod(s, shop);
      expect((await s.kubectl(['--namespace', shop, 'logs', 'p'], ann)).code).toBe(0);
      expect((await s.kubectl(['--namespace', shop, 'logs', 'p'], ben)).stderr).toContain(
        'User "conf-ben" cannot get resource "pods"',
      );
    }),
    'tokens-of-accounts': staged(
      'an account that is nobody’s member is passed on as itself',
      async (s, { ann, shop }) => {
        const { status } = await s.do(post(`/api/v1/namespaces/${shop}/serviceaccounts/default/token`, { spec: {} }));
        const refused = await s.kubectl(
          ['get', 'namespaces', '--token', status.token, '--client-certificate=', '--client-key='],
          ann,
        );
        const who: Body = refused.stderr;
        expect(`${refused.stdout}${who}`).not.toContain('kube-system');
      },
    ),
  },
  ['capsule', 'capsule-proxy', 'credentials', 'nodes'],
);
