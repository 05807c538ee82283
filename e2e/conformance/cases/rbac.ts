/** Who somebody is and what they may do. */
import { expect } from 'vitest';
import { type Body, casesOf, type PersonName, type RawRequest, type Scope } from '../case.ts';
import {
  apply,
  configMap,
  configMaps,
  del,
  get,
  patch,
  pods,
  post,
  put,
  rbac,
  recorded,
  secrets,
  told,
} from '../requests.ts';

const roles = `${rbac}/namespaces/{ns}/roles`;
const bindings = `${rbac}/namespaces/{ns}/rolebindings`;
const accounts = '/api/v1/namespaces/{ns}/serviceaccounts';
const rule = (resources: string[], verbs: string[], more: object = {}) => ({
  apiGroups: ['', 'apps'],
  resources,
  verbs,
  ...more,
});
const ann: PersonName = { user: 'conf-rob', groups: ['devs'] };
const user = (name: string) => ({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' });

/** Gives a subject a role in the case's namespace, and waits until it is in force. */
async function grant(s: Scope, rules: object[], subject: object = user('conf-rob'), name = 'r'): Promise<void> {
  await s.do(post(roles, { metadata: { name }, rules }));
  await bind(s, { kind: 'Role', name }, subject, name);
}

async function bind(s: Scope, roleRef: object, subject: object = user('conf-rob'), name = 'b'): Promise<void> {
  await s.do(
    post(bindings, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
      subjects: [subject],
    }),
  );
}

/** The API server reads roles from a cache: an allowed request shows that it has them. */
const allowed = (s: Scope, request: RawRequest) =>
  s.until(`${request.method} ${request.path} to be allowed`, async () => (await s.send(request)).code !== 403);

const review = (spec: object) => post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec });
const verbs: Record<string, RawRequest> = {
  get: get(`${configMaps}/one`),
  list: get(configMaps),
  watch: get(`${configMaps}?watch=1&timeoutSeconds=1`),
  create: post(configMaps, configMap('new')),
  update: put(`${configMaps}/one`, configMap('one')),
  patch: patch('merge', `${configMaps}/one`, {}),
  delete: del(`${configMaps}/one`),
  deletecollection: del(configMaps),
};

async function token(s: Scope, account: string, spec: object = {}): Promise<Body> {
  return (await s.do(post(`${accounts}/${account}/token`, { spec }))).status;
}

export const rbacCases = casesOf('rbac', {
  forbidden: recorded(
    'the words of a refusal: verb, resource, group, subresource, namespace',
    ...Object.values(verbs).map((request) => ({ ...request, as: ann })),
    get('/apis/apps/v1/namespaces/{ns}/deployments/d/scale', { as: ann }),
    get('/api/v1/nodes', { as: ann }),
    get('/api/v1/pods', { as: ann }),
    get('/metrics', { as: ann }),
    get('/apis/nobody.example.com/v1/things', { as: ann }),
    get(configMaps, { as: { user: 'system:serviceaccount:{ns}:default', groups: ['system:serviceaccounts'] } }),
  ),
  'verb-by-verb': [
    'each verb is a right of its own',
    async (s) => {
      await s.do(post(configMaps, configMap('one')));
      for (const [verb, request] of Object.entries(verbs)) {
        const person = { user: `only-${verb}` };
        await grant(s, [rule(['configmaps'], [verb])], user(person.user), verb);
        await allowed(s, { ...request, as: person });
        const others = Object.entries(verbs).filter(([other]) => other !== verb);
        for (const [, other] of others) expect((await s.send({ ...other, as: person })).code).toBe(403);
        await s.send(post(configMaps, configMap('one')));
      }
    },
  ],
  'role-is-not-enough': [
    'an apply that creates needs create and patch',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['patch'])]);
      await s.do(post(configMaps, configMap('one')));
      const path = (name: string) => ({ ...apply(`${configMaps}/${name}`, 'conf-rob', configMap(name)), as: ann });
      await allowed(s, path('one'));
      s.golden(told(await s.send(path('new'))));
    },
  ],
  'resource-names': [
    'a rule may be for some names only',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['get', 'list', 'watch'], { resourceNames: ['one'] })]);
      await s.do(post(configMaps, configMap('one')));
      await s.do(post(configMaps, configMap('two')));
      await allowed(s, get(`${configMaps}/one`, { as: ann }));
      expect((await s.send(get(`${configMaps}/two`, { as: ann }))).code).toBe(403);
      expect((await s.send(get(configMaps, { as: ann }))).code).toBe(403);
      expect((await s.send(get(`${configMaps}?fieldSelector=metadata.name%3Done`, { as: ann }))).code).toBe(200);
    },
  ],
  subresources: [
    'a subresource is a resource of its own',
    async (s) => {
      await grant(s, [rule(['deployments/scale'], ['get'])]);
      await allowed(s, get('/apis/apps/v1/namespaces/{ns}/deployments/d/scale', { as: ann }));
      expect((await s.send(get('/apis/apps/v1/namespaces/{ns}/deployments/d', { as: ann }))).code).toBe(403);
    },
  ],
  'groups-and-accounts': [
    'a binding names users, groups and accounts',
    async (s) => {
      const group = { kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' };
      await grant(s, [rule(['configmaps'], ['list'])], group);
      await allowed(s, get(configMaps, { as: ann }));
      expect((await s.send(get(configMaps, { as: { user: 'conf-rob' } }))).code).toBe(403);
      await bind(
        s,
        { kind: 'Role', name: 'r' },
        { kind: 'ServiceAccount', name: 'default', namespace: s.ns },
        'accounts',
      );
      const { token: bearer } = await token(s, 'default');
      await allowed(s, get(configMaps, { token: bearer }));
    },
  ],
  'cluster-role-in-namespace': [
    'a RoleBinding of a ClusterRole holds in its namespace only',
    async (s) => {
      const other = await s.namespace('two');
      await bind(s, { kind: 'ClusterRole', name: 'view' });
      await allowed(s, get(configMaps, { as: ann }));
      expect((await s.send(get(`/api/v1/namespaces/${other}/configmaps`, { as: ann }))).code).toBe(403);
      expect((await s.send(get('/api/v1/configmaps', { as: ann }))).code).toBe(403);
      expect((await s.send(get(secrets, { as: ann }))).code).toBe(403);
    },
  ],
  'cluster-binding': [
    'a ClusterRoleBinding holds everywhere',
    async (s) => {
      s.keep(`${rbac}/clusterroles/{u}`);
      s.keep(`${rbac}/clusterrolebindings/{u}`);
      await s.do(
        post(`${rbac}/clusterroles`, {
          metadata: { name: '{u}' },
          rules: [rule(['nodes', 'configmaps'], ['list']), { nonResourceURLs: ['/metrics'], verbs: ['get'] }],
        }),
      );
      await s.do(
        post(`${rbac}/clusterrolebindings`, {
          metadata: { name: '{u}' },
          roleRef: { kind: 'ClusterRole', name: '{u}' },
          subjects: [user('{u}')],
        }),
      );
      const as = { user: s.unique };
      await allowed(s, get('/api/v1/nodes', { as }));
      expect((await s.send(get(configMaps, { as }))).code).toBe(200);
      expect((await s.send(get('/metrics/slis', { as }))).code).toBe(403);
    },
  ],
  aggregation: [
    'an aggregated ClusterRole gathers the rules of those that it selects',
    async (s) => {
      for (const name of ['{u}', '{u}-part']) s.keep(`${rbac}/clusterroles/${name}`);
      const matchLabels = { 'example.com/of': s.unique };
      await s.do(
        post(`${rbac}/clusterroles`, {
          metadata: { name: '{u}' },
          aggregationRule: { clusterRoleSelectors: [{ matchLabels }] },
          rules: [],
        }),
      );
      await s.do(
        post(`${rbac}/clusterroles`, {
          metadata: { name: '{u}-part', labels: matchLabels },
          rules: [rule(['configmaps'], ['list'])],
        }),
      );
      const rules = await s.until(
        'the rules to be gathered',
        async () => (await s.do(get(`${rbac}/clusterroles/{u}`))).rules,
      );
      expect(rules).toEqual([rule(['configmaps'], ['list'])]);
      await bind(s, { kind: 'ClusterRole', name: s.unique });
      await allowed(s, get(configMaps, { as: ann }));
      await s.do(del(`${rbac}/clusterroles/{u}-part`));
      await s.until(
        'the rules to go',
        async () => ((await s.do(get(`${rbac}/clusterroles/{u}`))).rules ?? []).length === 0,
      );
    },
  ],
  'aggregation-of-defaults': [
    'admin, edit and view gather by their labels',
    async (s) => {
      s.keep(`${rbac}/clusterroles/{u}`);
      const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
      await s.do(
        post(`${rbac}/clusterroles`, {
          metadata: { name: '{u}', labels },
          rules: [{ apiGroups: ['{u}.example.com'], resources: ['things'], verbs: ['get'] }],
        }),
      );
      for (const name of ['view', 'edit', 'admin']) {
        await s.until(`${name} to have it`, async () =>
          JSON.stringify((await s.do(get(`${rbac}/clusterroles/${name}`))).rules).includes(s.unique),
        );
      }
    },
  ],
  escalation: [
    'nobody gives what they do not have',
    async (s) => {
      await grant(s, [
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create'] },
        rule(['configmaps'], ['get']),
      ]);
      const make = (name: string, rules: object[]) => ({ ...post(roles, { metadata: { name }, rules }), as: ann });
      await allowed(s, make('own', [rule(['configmaps'], ['get'])]));
      const more = await s.send(make('more', [rule(['configmaps', 'secrets'], ['get', 'list'])]));
      expect(more).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
      expect(more.body.message).toContain(
        'user "conf-rob" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:',
      );
      expect(more.body.message).toContain('{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}');
      const binding = {
        metadata: { name: 'x' },
        roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
        subjects: [user('conf-rob')],
      };
      const bound = await s.send({ ...post(bindings, binding), as: ann });
      expect(bound.code).toBe(403);
      expect(bound.body.message).toMatch(
        /^rolebindings\.rbac\.authorization\.k8s\.io "x" is forbidden: user "conf-rob" .* is attempting to grant RBAC permissions not currently held:\n/,
      );
    },
  ],
  'escalate-and-bind': [
    'unless they may escalate or bind',
    async (s) => {
      await grant(s, [
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create', 'escalate'] },
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['create'] },
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          resources: ['clusterroles'],
          verbs: ['bind'],
          resourceNames: ['view'],
        },
      ]);
      await allowed(s, { ...post(roles, { metadata: { name: 'x' }, rules: [rule(['secrets'], ['get'])] }), as: ann });
      const binding = (name: string) => ({
        ...post(bindings, {
          metadata: { name },
          roleRef: { kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' },
          subjects: [user('ben')],
        }),
        as: ann,
      });
      expect((await s.send(binding('view'))).code).toBe(201);
      expect((await s.send(binding('edit'))).code).toBe(403);
    },
  ],
  'role-ref-stays': [
    'what a binding refers to stays',
    async (s) => {
      await bind(s, { kind: 'ClusterRole', name: 'view' });
      s.golden(told(await s.send(patch('merge', `${bindings}/b`, { roleRef: { name: 'edit' } }))));
    },
  ],
  'binding-before-role': [
    'a binding may come before its role',
    async (s) => {
      await bind(s, { kind: 'Role', name: 'late' });
      await s.do(post(roles, { metadata: { name: 'late' }, rules: [rule(['configmaps'], ['list'])] }));
      await allowed(s, get(configMaps, { as: ann }));
    },
  ],
  'rbac-invalid': recorded(
    'roles and bindings are checked',
    post(roles, { metadata: { name: 'x' }, rules: [{ apiGroups: [''], resources: ['pods'] }] }),
    post(roles, { metadata: { name: 'x' }, rules: [{ apiGroups: [], resources: ['pods'], verbs: ['get'] }] }),
    post(roles, { metadata: { name: 'x' }, rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] }),
    post(bindings, {
      metadata: { name: 'x' },
      roleRef: { kind: 'Group', name: '' },
      subjects: [{ kind: 'Robot', name: '' }],
    }),
    post(bindings, {
      metadata: { name: 'x' },
      roleRef: { kind: 'Role', name: 'r', apiGroup: 'x' },
      subjects: [{ kind: 'ServiceAccount', name: 'a', apiGroup: 'x' }],
    }),
  ),
  'impersonation-allowed': [
    'who may impersonate has the other’s rights and no others',
    async (s) => {
      const answer = await s.do(
        post(
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          {},
          {
            headers: {
              'impersonate-user': 'conf-rob',
              'impersonate-group': ['devs', 'ops'],
              'impersonate-uid': '7',
              'impersonate-extra-scopes': 'a',
            },
          },
        ),
      );
      expect(answer.status.userInfo).toEqual({
        username: 'conf-rob',
        uid: '7',
        groups: ['devs', 'ops', 'system:authenticated'],
        extra: { scopes: ['a'] },
      });
    },
  ],
  'impersonation-of-account': [
    'an impersonated account has its groups by itself',
    async (s) => {
      const answer = await s.do(
        post(
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          {},
          { headers: { 'impersonate-user': `system:serviceaccount:${s.ns}:default` } },
        ),
      );
      expect(answer.status.userInfo.groups).toEqual([
        'system:serviceaccounts',
        `system:serviceaccounts:${s.ns}`,
        'system:authenticated',
      ]);
    },
  ],
  'impersonation-refused': [
    'nobody else may, and groups need a user',
    async (s) => {
      const { token: bearer } = await token(s, 'default');
      const ask = async (headers: Record<string, string>) =>
        told(await s.send(get(configMaps, { token: bearer, headers })));
      s.golden([
        await ask({ 'impersonate-user': 'conf-rob' }),
        await ask({ 'impersonate-user': `system:serviceaccount:${s.ns}:other` }),
        told(await s.send(get(configMaps, { headers: { 'impersonate-group': 'devs' } }))),
      ]);
    },
  ],
  'impersonation-of-one': [
    'impersonation can be granted for one name',
    async (s) => {
      await s.do(post(accounts, { metadata: { name: 'robot' } }));
      await grant(
        s,
        [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'], resourceNames: ['robot'] }],
        { kind: 'ServiceAccount', name: 'default', namespace: s.ns },
      );
      const { token: bearer } = await token(s, 'default');
      const as = (name: string) =>
        get(configMaps, { token: bearer, headers: { 'impersonate-user': `system:serviceaccount:${s.ns}:${name}` } });
      await s.until('the right to be in force', async () =>
        String((await s.send(as('robot'))).body.message).includes('cannot list'),
      );
      expect((await s.send(as('default'))).body.message).toContain('cannot impersonate resource "serviceaccounts"');
    },
  ],
  'can-i': [
    'kubectl auth can-i asks for oneself',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['list'])]);
      await allowed(s, get(configMaps, { as: ann }));
      expect(await s.kubectl(['auth', 'can-i', 'list', 'configmaps'], { as: ann })).toMatchObject({
        code: 0,
        stdout: 'yes\n',
      });
      expect(await s.kubectl(['auth', 'can-i', 'delete', 'configmaps'], { as: ann })).toMatchObject({
        code: 1,
        stdout: 'no\n',
      });
      expect(await s.run(['auth', 'can-i', '*', '*'])).toBe('yes\n');
    },
  ],
  'can-i-list': [
    'kubectl auth can-i --list prints the rules',
    async (s) => {
      await grant(s, [
        rule(['configmaps'], ['list', 'get'], { apiGroups: [''] }),
        rule(['secrets'], ['get'], { apiGroups: [''], resourceNames: ['one'] }),
      ]);
      await allowed(s, get(configMaps, { as: ann }));
      const lines = (await s.run(['auth', 'can-i', '--list'], { as: ann }))
        .split('\n')
        .map((line) => line.replaceAll(/\s{2,}/g, '|').trim());
      expect(lines[0]).toBe('Resources|Non-Resource URLs|Resource Names|Verbs');
      expect(lines).toEqual(
        expect.arrayContaining([
          'configmaps|[]|[]|[list get]',
          'secrets|[]|[one]|[get]',
          'selfsubjectaccessreviews.authorization.k8s.io|[]|[]|[create]',
        ]),
      );
    },
  ],
  whoami: [
    'kubectl auth whoami',
    async (s) => {
      expect(JSON.parse(await s.run(['auth', 'whoami', '-o', 'json'], { as: ann })).status.userInfo).toEqual({
        username: 'conf-rob',
        groups: ['devs', 'system:authenticated'],
      });
    },
  ],
  'access-review': [
    'a review tells why somebody may',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['list'])]);
      await allowed(s, get(configMaps, { as: ann }));
      const ask = async (attributes: object, groups: string[] = []) =>
        (await s.do(review({ user: 'conf-rob', groups, ...attributes }))).status;
      s.golden([
        await ask({ resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: s.ns } }),
        await ask({ resourceAttributes: { verb: 'delete', resource: 'configmaps', namespace: s.ns } }),
        await ask({ resourceAttributes: { verb: 'delete', resource: 'configmaps', namespace: s.ns } }, [
          'system:masters',
        ]),
        await ask({ nonResourceAttributes: { verb: 'get', path: '/healthz' } }, ['system:authenticated']),
      ]);
    },
  ],
  'access-review-invalid': recorded(
    'a review is about somebody and something',
    review({}),
    review({ user: 'conf-rob' }),
    review({
      user: 'conf-rob',
      resourceAttributes: { verb: 'get' },
      nonResourceAttributes: { verb: 'get', path: '/' },
    }),
    post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: {} }),
  ),
  'access-review-local': [
    'a local review is about its namespace',
    async (s) => {
      const path = '/apis/authorization.k8s.io/v1/namespaces/{ns}/localsubjectaccessreviews';
      const spec = (namespace: string) => ({
        spec: { user: 'conf-rob', resourceAttributes: { verb: 'get', resource: 'pods', namespace } },
      });
      expect((await s.do(post(path, spec(s.ns)))).status.allowed).toBe(false);
      s.golden(told(await s.send(post(path, spec('elsewhere')))));
    },
  ],
  'token-request': [
    'a token is its account, for a time, in the cluster’s own words',
    async (s) => {
      const { token: bearer, expirationTimestamp } = await token(s, 'default', { expirationSeconds: 600 });
      const left = Date.parse(expirationTimestamp) - Date.now();
      expect(left).toBeGreaterThan(500_000);
      expect(left).toBeLessThan(660_000);
      const { status } = await s.do(post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token: bearer }));
      expect(status.userInfo).toMatchObject({
        username: `system:serviceaccount:${s.ns}:default`,
        uid: expect.stringMatching(/-/),
        groups: ['system:serviceaccounts', `system:serviceaccounts:${s.ns}`, 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
      });
      const claims = JSON.parse(Buffer.from(bearer.split('.')[1], 'base64url').toString());
      expect(claims).toMatchObject({
        sub: `system:serviceaccount:${s.ns}:default`,
        'kubernetes.io': { namespace: s.ns, serviceaccount: { name: 'default' } },
      });
    },
  ],
  'token-request-invalid': recorded(
    'a token lasts ten minutes at least',
    post(`${accounts}/default/token`, { spec: { expirationSeconds: 10 } }),
    post(`${accounts}/nobody/token`, { spec: {} }),
  ),
  'token-audience': [
    'a token for others is not good here',
    async (s) => {
      const { token: bearer } = await token(s, 'default', { audiences: ['elsewhere'] });
      expect((await s.send(get(configMaps, { token: bearer }))).code).toBe(401);
      const { status } = await s.do(
        post('/apis/authentication.k8s.io/v1/tokenreviews', {
          spec: { token: bearer, audiences: ['elsewhere', 'more'] },
        }),
      );
      expect(status).toMatchObject({ authenticated: true, audiences: ['elsewhere'] });
      const here = await s.do(post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: bearer } }));
      expect(here.status.authenticated).toBeUndefined();
      expect(here.status.error).toContain('token audiences');
    },
  ],
  'token-ends-with-account': [
    'a token ends with its account',
    async (s) => {
      await s.do(post(accounts, { metadata: { name: 'robot' } }));
      const { token: bearer } = await token(s, 'robot');
      expect((await s.send(get(configMaps, { token: bearer }))).code).toBe(403);
      await s.do(del(`${accounts}/robot`));
      await s.until(
        'the token to be refused',
        async () => (await s.send(get(configMaps, { token: bearer }))).code === 401,
      );
    },
  ],
  'token-bound-to-pod': [
    'or with the pod that it is bound to',
    async (s) => {
      const made = await s.do(
        post(pods, {
          metadata: { name: 'p' },
          spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'c' }] },
        }),
      );
      const { token: bearer } = await token(s, 'default', {
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: made.metadata.uid },
      });
      expect((await s.send(get(configMaps, { token: bearer }))).code).toBe(403);
      await s.do(del(`${pods}/p`));
      await s.until(
        'the token to be refused',
        async () => (await s.send(get(configMaps, { token: bearer }))).code === 401,
      );
    },
  ],
  'token-invented': recorded(
    'what is no token is nobody',
    get(configMaps, { token: 'abc' }),
    post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'abc' } }),
    post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: {} }),
  ),
  'token-secret': [
    'a Secret of its type gets a token written into it',
    async (s) => {
      await s.do(
        post(secrets, {
          metadata: { name: 't', annotations: { 'kubernetes.io/service-account.name': 'default' } },
          type: 'kubernetes.io/service-account-token',
        }),
      );
      const data = await s.until('the token to be written', async () => {
        const read = await s.do(get(`${secrets}/t`));
        return read.data?.token === undefined ? undefined : read.data;
      });
      expect(Object.keys(data).sort()).toEqual(['ca.crt', 'namespace', 'token']);
      const bearer = Buffer.from(data.token, 'base64').toString();
      await s.until(
        'the token to be taken',
        async () => (await s.send(get(configMaps, { token: bearer }))).code === 403,
      );
    },
  ],
  'oidc-token': [
    'a token of the trusted issuer is who it says, with its groups',
    { needs: ['issuer'] },
    async (s) => {
      const bearer = await s.idToken({ sub: 'olga', groups: ['acme-devs', 'kubenova-users'] });
      const { status } = await s.do(post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token: bearer }));
      expect(status.userInfo).toMatchObject({
        username: 'olga',
        groups: ['acme-devs', 'kubenova-users', 'system:authenticated'],
      });
    },
  ],
  'oidc-refused': [
    'but not for another audience, after its time, or with another’s signature',
    { needs: ['issuer'] },
    async (s) => {
      const past = Math.floor(Date.now() / 1000) - 60;
      for (const claims of [{ aud: 'other' }, { exp: past }, { iss: 'https://127.0.0.1:1' }]) {
        const bearer = await s.idToken({ sub: 'olga', ...claims });
        expect(await s.send(get(configMaps, { token: bearer }))).toMatchObject({
          code: 401,
          body: { reason: 'Unauthorized' },
        });
      }
      const [head, body] = (await s.idToken({ sub: 'olga' })).split('.');
      expect((await s.send(get(configMaps, { token: `${head}.${body}.c2lnbmF0dXJl` }))).code).toBe(401);
    },
  ],
  certificate: [
    'a client certificate is its common name, with its organizations as groups',
    { needs: ['credentials'] },
    async (s) => {
      const info = JSON.parse(await s.run(['auth', 'whoami', '-o', 'json'], { as: ann, through: 'API server' })).status
        .userInfo;
      expect(info).toMatchObject({ username: 'conf-rob', groups: ['devs', 'system:authenticated'] });
    },
  ],
});
