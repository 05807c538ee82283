/** KubeVela, true or not: how an Application goes, as the account that it names, and how it ends. */
import { expect } from 'vitest';
import { application, configMap, gateway, objects, webservice } from '../../real/stand-ins-applications.ts';
import { type Body, casesOf, type Scope } from '../case.ts';
import { del, deployments, get, names, patch, post, rbac } from '../requests.ts';
import { makeRole } from '../tenancy.ts';

const api = '/apis/core.oam.dev/v1beta1';
const applications = `${api}/namespaces/{ns}/applications`;
const trackers = `${api}/resourcetrackers`;
const bindings = `${rbac}/namespaces/{ns}/rolebindings`;
const managed = ['deployments', 'services', 'configmaps', 'ingresses'];

const step = (status: Body) => status.workflow?.steps?.[0] ?? {};
const runs = (version: string) => (status: Body) =>
  status.status === 'running' && status.workflow?.appRevision === version && status.workflow.finished;

/** The account that delivers, with the right to what it delivers. */
async function deployer(s: Scope): Promise<void> {
  const role = await makeRole(s, 'deployer', [
    { apiGroups: ['', 'apps', 'networking.k8s.io'], resources: managed, verbs: ['get', 'create', 'patch', 'delete'] },
  ]);
  await s.do(post('/api/v1/namespaces/{ns}/serviceaccounts', { metadata: { name: 'kubenova-deployer' } }));
  await bind(s, role);
}

async function bind(s: Scope, role: string): Promise<void> {
  await s.do(
    post(bindings, {
      metadata: { name: 'kubenova-deployer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: 'kubenova-deployer', namespace: s.ns }],
    }),
  );
  // KubeVela does not try again at once what was forbidden.
  const spec = {
    user: `system:serviceaccount:${s.ns}:kubenova-deployer`,
    resourceAttributes: { verb: 'create', resource: 'configmaps', namespace: s.ns },
  };
  await s.until(
    'the right to be in force',
    async () => (await s.do(post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec }))).status.allowed,
  );
}

/** Applies Applications of the case's namespace as kubectl does. */
async function deliver(
  s: Scope,
  name: string,
  components: object[],
  options: { version?: string; annotations?: Record<string, string> } = {},
): Promise<void> {
  await s.run(['apply', '-f', '-'], {
    input: JSON.stringify(application(name, components, { namespace: s.ns, ...options })),
  });
}

const until = (s: Scope, name: string, what: string, test: (status: Body) => unknown) =>
  s.until(`Application ${name} to be ${what}`, async (): Promise<Body> => {
    const { status = {} } = await s.do(get(`${applications}/${name}`));
    if (test(status)) return status;
    throw new Error(JSON.stringify(status));
  });

const gone = (s: Scope, path: string) =>
  s.until(`${path} to be gone`, async () => (await s.send(get(path))).code === 404);

async function end(s: Scope, name: string): Promise<void> {
  await s.send(del(`${applications}/${name}`));
  await gone(s, `${applications}/${name}`);
}

export const velaCases = casesOf(
  'vela',
  {
    runs: [
      'an Application becomes what it asks for, and says so',
      async (s) => {
        await deployer(s);
        await deliver(s, 'web', [webservice(2, gateway)]);
        const status = await until(s, 'web', 'running', runs('r1'));
        expect(status.services).toMatchObject([{ name: 'web', healthy: true, message: 'Ready:2/2' }]);
        expect(status.conditions.map(({ type }: Body) => type)).toEqual([
          'Parsed',
          'Revision',
          'Policy',
          'Render',
          'Workflow',
          'Ready',
        ]);
        expect(status.appliedResources.map(({ kind }: Body) => kind)).toEqual(['Deployment', 'Ingress', 'Service']);
        const { metadata, spec } = await s.do(get(`${deployments}/web`));
        expect(spec.replicas).toBe(2);
        expect(metadata.labels).toMatchObject({
          'app.oam.dev/name': 'web',
          'app.oam.dev/appRevision': 'web-v1',
          'app.oam.dev/resourceType': 'WORKLOAD',
          'kubenova.io/managed-by': 'vela',
        });
        const tracker = await s.do(get(`${trackers}/web-r1-{ns}`));
        expect(tracker.spec.managedResources.map(({ kind }: Body) => kind)).toEqual([
          'Deployment',
          'Ingress',
          'Service',
        ]);
        await end(s, 'web');
      },
    ],
    'publish-version': [
      'a changed spec is deployed under a new publishVersion only, and then what it no longer has goes',
      async (s) => {
        await deployer(s);
        await deliver(s, 'web', [webservice(1, gateway)]);
        await until(s, 'web', 'running', runs('r1'));
        await deliver(s, 'web', [webservice(2)]);
        await until(s, 'web', 'looked at', (status) => status.observedGeneration === 2);
        expect((await s.do(get(`${deployments}/web`))).spec.replicas).toBe(1);
        await deliver(s, 'web', [webservice(2)], { version: 'r2' });
        await until(s, 'web', 'running r2', runs('r2'));
        expect((await s.do(get(`${deployments}/web`))).spec.replicas).toBe(2);
        await gone(s, '/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses/web');
        await gone(s, `${trackers}/web-r1-{ns}`);
        const revisions = await s.do(get(`${api}/namespaces/{ns}/applicationrevisions`));
        expect(names(revisions)).toEqual(['web-v1', 'web-v2']);
        expect(revisions.items[0].status.succeeded).toBe(true);
        await end(s, 'web');
      },
    ],
    'repairs-when-touched': [
      'a deleted object comes back when an annotation changes',
      async (s) => {
        await deployer(s);
        await deliver(s, 'web', [webservice(1)]);
        await until(s, 'web', 'running', runs('r1'));
        await s.do(del(`${deployments}/web`));
        await gone(s, `${deployments}/web`);
        await s.do(patch('merge', `${applications}/web`, { metadata: { annotations: { 'kubenova.io/poke': '1' } } }));
        await s.until('the Deployment to be back', async () => (await s.send(get(`${deployments}/web`))).code === 200);
        await end(s, 'web');
      },
    ],
    'acts-as-the-account': [
      'an Application can do what its account can, and says what it cannot',
      async (s) => {
        await deployer(s);
        const binding = {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: s.unique },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [],
        };
        const account = { 'app.oam.dev/service-account-name': 'kubenova-deployer' };
        const self = `User "system:serviceaccount:${s.ns}:kubenova-deployer" cannot`;
        const refusals: [string, object[], Record<string, string> | undefined, string][] = [
          [
            'cluster-wide',
            [objects(configMap('beside'), binding)],
            undefined,
            `${self} get resource "clusterrolebindings"`,
          ],
          ['elsewhere', [objects(configMap('c', 'default'))], undefined, `${self} get resource "configmaps"`],
          ['nobody', [objects(configMap('c'))], {}, 'cannot impersonate resource "users"'],
          [
            'masters',
            [objects(configMap('c'))],
            { ...account, 'app.oam.dev/group': 'system:masters' },
            'cannot impersonate resource "groups"',
          ],
          [
            'no-kind',
            [objects({ ...configMap('c'), apiVersion: 'foo.example/v1', kind: 'Foo' })],
            undefined,
            'no matches for kind "Foo"',
          ],
          ['empty', [objects()], undefined, 'index out of range [0] with length 0'],
        ];
        for (const [name, components, annotations] of refusals)
          await deliver(s, name, components, { ...(annotations && { annotations }) });
        for (const [name, , , words] of refusals) {
          const status = await until(s, name, 'refused', (it) => step(it).phase === 'failed');
          expect([name, status.status]).toEqual([name, 'runningWorkflow']);
          expect(step(status)).toMatchObject({ reason: 'Execute', message: expect.stringContaining(words) });
        }
        expect((await s.send(get('/api/v1/namespaces/{ns}/configmaps/beside'))).code).toBe(404);
        for (const [name] of refusals) await end(s, name);
      },
    ],
    'other-owner': [
      'what belongs to another Application is left alone',
      async (s) => {
        await deployer(s);
        await deliver(s, 'web', [webservice(1)]);
        await until(s, 'web', 'running', runs('r1'));
        await deliver(s, 'stranger', [
          objects({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } }),
        ]);
        const status = await until(s, 'stranger', 'refused', (it) => step(it).phase === 'failed');
        expect(step(status).message).toContain(`is managed by other application ${s.ns}/web`);
        await end(s, 'stranger');
        await end(s, 'web');
      },
    ],
    'unknown-type': [
      'an unknown type stays rendering',
      async (s) => {
        await deployer(s);
        await deliver(s, 'unknown', [{ name: 'c', type: 'nosuch', properties: {} }]);
        const status = await until(s, 'unknown', 'rendering', (it) => it.status === 'rendering');
        expect(status.conditions).toMatchObject([{ type: 'Parsed', status: 'False', reason: 'ReconcileError' }]);
        expect(status.conditions[0].message).toContain('"nosuch" not found');
        await end(s, 'unknown');
      },
    ],
    health: [
      'raw objects are healthy at once, a webservice when its pods are',
      async (s) => {
        await deployer(s);
        const template = {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '9999' } } }] },
        };
        const raw = {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'raw' },
          spec: { selector: { matchLabels: { a: 'b' } }, template },
        };
        await deliver(s, 'raw', [objects(raw)]);
        await deliver(s, 'big', [{ name: 'big', type: 'webservice', properties: { image: 'x', cpu: '9999' } }]);
        await until(s, 'raw', 'running', runs('r1'));
        const waiting = await until(s, 'big', 'waiting', (status) => step(status).phase === 'running');
        expect(waiting).toMatchObject({
          status: 'runningWorkflow',
          services: [{ healthy: false, message: 'Ready:0/1' }],
        });
        expect(step(waiting)).toMatchObject({ reason: 'Wait', message: 'wait healthy' });
        await end(s, 'raw');
        await end(s, 'big');
      },
    ],
    deletes: [
      'an Application that is deleted takes all that it made, its trackers and its revisions',
      async (s) => {
        await deployer(s);
        await deliver(s, 'web', [webservice(1)]);
        await until(s, 'web', 'running', runs('r1'));
        await end(s, 'web');
        await gone(s, `${deployments}/web`);
        await gone(s, `${trackers}/web-r1-{ns}`);
        await s.until(
          'the revisions to go',
          async () => names(await s.do(get(`${api}/namespaces/{ns}/applicationrevisions`))).length === 0,
        );
      },
    ],
    'stuck-without-rights': [
      'without the account’s rights it cannot end; a tracker that is left over blocks the next of the name',
      async (s) => {
        await deployer(s);
        await deliver(s, 'notes', [objects(configMap('notes'))]);
        await until(s, 'notes', 'running', runs('r1'));
        await s.do(del(`${bindings}/kubenova-deployer`));
        await s.do(del(`${applications}/notes`));
        const stuck = await until(
          s,
          'notes',
          'stuck',
          (status) =>
            status.status === 'deleting' && status.conditions?.some(({ reason }: Body) => reason === 'Deleting'),
        );
        const ready = stuck.conditions.find(({ type }: Body) => type === 'Ready');
        expect(ready).toMatchObject({
          status: 'False',
          reason: 'Deleting',
          message: expect.stringContaining('cannot get resource "configmaps"'),
        });
        await s.do(patch('merge', `${applications}/notes`, { metadata: { finalizers: null } }));
        await gone(s, `${applications}/notes`);
        const tracker = `${trackers}/notes-r1-{ns}`;
        expect((await s.send(get(tracker))).code).toBe(200);

        await bind(s, `${s.unique}-deployer`);
        await deliver(s, 'notes', [objects(configMap('notes'))]);
        const blocked = await until(s, 'notes', 'blocked', (status) => status.status === 'starting');
        expect(blocked.conditions[0]).toMatchObject({ type: 'Synced', status: 'False' });
        expect(blocked.conditions[0].message).toContain('exists but controlled by another application');
        await s.do(patch('merge', tracker, { metadata: { finalizers: null } }));
        await until(s, 'notes', 'running', runs('r1'));
        await end(s, 'notes');
      },
    ],
    tables: [
      'kubectl get shows component, type, phase, health and age',
      async (s) => {
        await deployer(s);
        await deliver(s, 'web', [webservice(1)]);
        await until(s, 'web', 'running', runs('r1'));
        const lines = (await s.run(['get', 'application', 'web']))
          .trim()
          .split('\n')
          .map((line) => line.trim().split(/\s{2,}/));
        expect(lines[0]).toEqual(expect.arrayContaining(['COMPONENT', 'TYPE', 'PHASE', 'HEALTHY', 'AGE']));
        expect(lines[1]).toEqual(expect.arrayContaining(['web', 'webservice', 'running', 'true']));
        await end(s, 'web');
      },
    ],
  },
  ['kubevela', 'nodes'],
);
