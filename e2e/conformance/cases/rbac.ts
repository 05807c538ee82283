/** Who may do what. */
import { expect } from 'vitest';
import { casesOf, type RawRequest } from '../case.ts';
import {
  apply,
  configMap,
  configMaps,
  del,
  get,
  patch,
  post,
  put,
  rbac,
  recorded,
  secrets,
  told,
} from '../requests.ts';
import { allowed, bind, bindings, grant, rob, roles, rule, token, user } from '../rights.ts';

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

export const rbacCases = casesOf('rbac', {
  forbidden: recorded(
    'the words of a refusal: verb, resource, group, subresource, namespace',
    ...Object.values(verbs).map((request) => ({ ...request, as: rob })),
    get('/apis/apps/v1/namespaces/{ns}/deployments/d/scale', { as: rob }),
    get('/api/v1/nodes', { as: rob }),
    get('/api/v1/pods', { as: rob }),
    get('/metrics', { as: rob }),
    get('/apis/nobody.example.com/v1/things', { as: rob }),
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
      const path = (name: string) => ({ ...apply(`${configMaps}/${name}`, 'conf-rob', configMap(name)), as: rob });
      await allowed(s, path('one'));
      s.golden(told(await s.send(path('new'))));
    },
  ],
  'resource-names-apply': [
    'a right to create by name lets an apply make that name, and neither another nor a post',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['create', 'patch'], { resourceNames: ['one'] })]);
      const path = (name: string) => ({ ...apply(`${configMaps}/${name}`, 'conf-rob', configMap(name)), as: rob });
      await allowed(s, path('one'));
      expect((await s.send(path('one'))).code).toBe(200);
      expect((await s.send(path('two'))).code).toBe(403);
      expect((await s.send({ ...post(configMaps, configMap('one')), as: rob })).code).toBe(403);
    },
  ],
  'resource-names': [
    'a rule may be for some names only',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['get', 'list', 'watch'], { resourceNames: ['one'] })]);
      await s.do(post(configMaps, configMap('one')));
      await s.do(post(configMaps, configMap('two')));
      await allowed(s, get(`${configMaps}/one`, { as: rob }));
      expect((await s.send(get(`${configMaps}/two`, { as: rob }))).code).toBe(403);
      expect((await s.send(get(configMaps, { as: rob }))).code).toBe(403);
      expect((await s.send(get(`${configMaps}?fieldSelector=metadata.name%3Done`, { as: rob }))).code).toBe(200);
    },
  ],
  subresources: [
    'a subresource is a resource of its own',
    async (s) => {
      await grant(s, [rule(['deployments/scale'], ['get'])]);
      await allowed(s, get('/apis/apps/v1/namespaces/{ns}/deployments/d/scale', { as: rob }));
      expect((await s.send(get('/apis/apps/v1/namespaces/{ns}/deployments/d', { as: rob }))).code).toBe(403);
    },
  ],
  'groups-and-accounts': [
    'a binding names users, groups and accounts',
    async (s) => {
      const group = { kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' };
      await grant(s, [rule(['configmaps'], ['list'])], group);
      await allowed(s, get(configMaps, { as: rob }));
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
      await allowed(s, get(configMaps, { as: rob }));
      expect((await s.send(get(`/api/v1/namespaces/${other}/configmaps`, { as: rob }))).code).toBe(403);
      expect((await s.send(get('/api/v1/configmaps', { as: rob }))).code).toBe(403);
      expect((await s.send(get(secrets, { as: rob }))).code).toBe(403);
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
      await allowed(s, get(configMaps, { as: rob }));
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
      const make = (name: string, rules: object[]) => ({ ...post(roles, { metadata: { name }, rules }), as: rob });
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
      const bound = await s.send({ ...post(bindings, binding), as: rob });
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
      await allowed(s, { ...post(roles, { metadata: { name: 'x' }, rules: [rule(['secrets'], ['get'])] }), as: rob });
      const binding = (name: string) => ({
        ...post(bindings, {
          metadata: { name },
          roleRef: { kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' },
          subjects: [user('ben')],
        }),
        as: rob,
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
      await allowed(s, get(configMaps, { as: rob }));
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
  'can-i': [
    'kubectl auth can-i asks for oneself',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['list'])]);
      await allowed(s, get(configMaps, { as: rob }));
      expect(await s.kubectl(['auth', 'can-i', 'list', 'configmaps'], { as: rob })).toMatchObject({
        code: 0,
        stdout: 'yes\n',
      });
      expect(await s.kubectl(['auth', 'can-i', 'delete', 'configmaps'], { as: rob })).toMatchObject({
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
      await allowed(s, get(configMaps, { as: rob }));
      const lines = (await s.run(['auth', 'can-i', '--list'], { as: rob }))
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
  'access-review': [
    'a review tells why somebody may',
    async (s) => {
      await grant(s, [rule(['configmaps'], ['list'])]);
      await allowed(s, get(configMaps, { as: rob }));
      const ask = async (attributes: object, groups: string[] = []) =>
        (await s.do(review({ user: 'conf-rob', groups, ...attributes }))).status;
      s.golden([
        await ask({ resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: s.ns } }),
        await ask({ resourceAttributes: { verb: 'delete', resource: 'configmaps', namespace: s.ns } }),
        await ask({ resourceAttributes: { verb: 'delete', resource: 'configmaps', namespace: s.ns } }, [
          'system:masters',
        ]),
        // Of several bindings that allow something the real server names any; only one allows this.
        await ask({ nonResourceAttributes: { verb: 'get', path: '/openapi/v3' } }, ['system:authenticated']),
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
});
