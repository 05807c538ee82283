/** Capsule: who is in a tenant, what it refuses to whom, and what it puts into a tenant's namespaces. */
import { expect } from 'vitest';
import { type Body, casesOf, type Scope } from '../case.ts';
import { configMap, del, get, names, patch, post, told } from '../requests.ts';
import { inTenant, letPeople, makeNamespace, makeTenant, manager, member, tenants } from '../tenancy.ts';

const namespaces = '/api/v1/namespaces';
const label = 'capsule.clastix.io/tenant';
const made = (s: Scope, name: string) => {
  s.keep(`${namespaces}/${name}`);
  return name;
};
const path = (namespace: string, plural: string, api = '/api/v1') => `${api}/namespaces/${namespace}/${plural}`;
const policies = (namespace: string) => path(namespace, 'networkpolicies', '/apis/networking.k8s.io/v1');

/** What Capsule keeps of its own in a namespace, by kind and name. */
const kept = (s: Scope, at: string) =>
  s.until(`what Capsule puts at ${at}`, async () => {
    const { items } = await s.do(get(at));
    return items.find(({ metadata }: Body) => metadata.name.startsWith('capsule-'));
  });

export const capsuleCases = casesOf(
  'capsule',
  {
    'namespace-of-administrator': [
      'an administrator’s namespace with the label belongs to the tenant',
      async (s) => {
        const tenant = await makeTenant(s);
        const name = await makeNamespace(s, tenant, 'shop');
        const { metadata } = await s.do(get(`${namespaces}/${name}`));
        expect(metadata.labels).toMatchObject({ [label]: tenant, 'kubernetes.io/metadata.name': name });
        expect(metadata.ownerReferences).toMatchObject([
          { apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant', name: tenant },
        ]);
        await s.until('the tenant to count it', async () => {
          const { status } = await s.do(get(`${tenants}/${tenant}`));
          return status.size === 1 && status.namespaces?.includes(name);
        });
      },
    ],
    'namespace-labelled-later': [
      'an administrator may put a namespace into a tenant later',
      async (s) => {
        const tenant = await makeTenant(s);
        await s.do(
          patch('merge', `${namespaces}/{ns}`, { metadata: { labels: { [label]: tenant } } }, { as: manager }),
        );
        const { metadata } = await s.do(get(`${namespaces}/{ns}`));
        expect(metadata.ownerReferences).toMatchObject([{ kind: 'Tenant', name: tenant }]);
        await s.until(
          'the tenant to count it',
          async () => (await s.do(get(`${tenants}/${tenant}`))).status.size === 1,
        );
      },
    ],
    'refuses-masters': [
      'nobody else may, all rights or not',
      async (s) => {
        const tenant = await makeTenant(s);
        s.golden([
          told(await s.send(post(namespaces, inTenant(tenant, made(s, `conf-${tenant}-x`))))),
          told(await s.send(patch('merge', `${namespaces}/{ns}`, { metadata: { labels: { [label]: tenant } } }))),
        ]);
      },
    ],
    'refuses-unknown-tenant': [
      'a tenant that is not there has no namespaces',
      async (s) => {
        s.golden(told(await s.send(post(namespaces, inTenant('{u}-none', made(s, '{u}-x')), { as: manager }))));
      },
    ],
    'refuses-members': [
      'a tenant’s people make and take no namespaces',
      async (s) => {
        const tenant = await makeTenant(s);
        const name = await makeNamespace(s, tenant, 'shop');
        const as = member(tenant);
        s.golden([
          told(await s.send(post(namespaces, { metadata: { name: made(s, '{u}-stolen') } }, { as }))),
          told(await s.send(post(namespaces, inTenant(tenant, made(s, '{u}-stolen')), { as }))),
          told(
            await s.send(patch('merge', `${namespaces}/{ns}`, { metadata: { labels: { [label]: tenant } } }, { as })),
          ),
          told(
            await s.send(
              patch('merge', `${namespaces}/default`, { metadata: { labels: { [label]: tenant } } }, { as }),
            ),
          ),
          told(await s.send(patch('merge', `${namespaces}/${name}`, { metadata: { labels: { a: 'b' } } }, { as }))),
          told(
            await s.send(patch('merge', `${namespaces}/${name}`, { metadata: { labels: { [label]: null } } }, { as })),
          ),
          told(await s.send(del(`${namespaces}/${name}`, undefined, { as }))),
        ]);
      },
    ],
    'refuses-strangers': [
      'who is no tenant’s has what RBAC gives, which is nothing',
      async (s) => {
        const as = { user: 'conf-eve', groups: ['strangers'] };
        s.golden(told(await s.send(post(namespaces, { metadata: { name: made(s, '{u}-stolen') } }, { as }))));
      },
    ],
    'members-have-their-bindings': [
      'a tenant’s people may in its namespaces what their bindings say, and no more',
      async (s) => {
        const tenant = await makeTenant(s);
        const [shop, blog] = [await makeNamespace(s, tenant, 'shop'), await makeNamespace(s, tenant, 'blog')];
        await letPeople(s, tenant, shop, 'edit');
        await letPeople(s, tenant, blog, 'view');
        const as = member(tenant);
        await s.until(
          'the right to be in force',
          async () => (await s.send(post(path(shop, 'configmaps'), configMap('one'), { as }))).code === 201,
        );
        expect((await s.send(get(path(blog, 'configmaps'), { as }))).code).toBe(200);
        expect((await s.send(post(path(blog, 'configmaps'), configMap('one'), { as }))).code).toBe(403);
        expect((await s.send(get(path(shop, 'configmaps'), { as: member('other') }))).code).toBe(403);
      },
    ],
    'namespace-quota': [
      'a tenant has as many namespaces as it may, administrators included',
      async (s) => {
        const tenant = await makeTenant(s, { namespaceOptions: { quota: 1 } });
        await makeNamespace(s, tenant, 'shop');
        await s.until(
          'the tenant to count it',
          async () => (await s.do(get(`${tenants}/${tenant}`))).status.size === 1,
        );
        s.golden(
          told(await s.send(post(namespaces, inTenant(tenant, made(s, `conf-${tenant}-two`)), { as: manager }))),
        );
      },
    ],
    'quota-in-each-namespace': [
      'a quota for namespaces is in each of them, and comes back when it is deleted',
      async (s) => {
        const tenant = await makeTenant(s, {
          resourceQuotas: { scope: 'Namespace', items: [{ hard: { pods: '3' } }] },
        });
        const name = await makeNamespace(s, tenant, 'shop');
        const quota = await kept(s, path(name, 'resourcequotas'));
        expect(quota).toMatchObject({
          metadata: { name: `capsule-${tenant}-0`, labels: { 'projectcapsule.dev/tenant': tenant } },
          spec: { hard: { pods: '3' } },
        });
        // Capsule may be about to write it anew just now.
        await s.send(del(`${path(name, 'resourcequotas')}/${quota.metadata.name}`, undefined, { as: manager }));
        expect((await kept(s, path(name, 'resourcequotas'))).metadata.name).toBe(quota.metadata.name);
      },
    ],
    'quota-of-tenant': [
      'a quota for the tenant is shared by its namespaces',
      async (s) => {
        const tenant = await makeTenant(s, {
          resourceQuotas: { scope: 'Tenant', items: [{ hard: { 'count/secrets': '2' } }] },
        });
        const [shop, blog] = [await makeNamespace(s, tenant, 'shop'), await makeNamespace(s, tenant, 'blog')];
        const hard = async (namespace: string) =>
          (await kept(s, path(namespace, 'resourcequotas'))).spec.hard?.['count/secrets'];
        await s.until('the quota to have its number', async () => (await hard(shop)) === '2');
        for (const secret of ['a', 'b']) {
          await s.until('the quota to let it in', async () =>
            [201, 409].includes((await s.send(post(path(shop, 'secrets'), { metadata: { name: secret } }))).code),
          );
        }
        await s.until('the other namespace to have nothing left', async () => (await hard(blog)) === '0');
        expect((await s.send(post(path(blog, 'secrets'), { metadata: { name: 'c' } }))).code).toBe(403);
      },
    ],
    'limits-in-each-namespace': [
      'so are limit ranges, which only administrators may touch',
      async (s) => {
        const limits = [{ type: 'Container', default: { cpu: '200m' }, defaultRequest: { cpu: '100m' } }];
        const tenant = await makeTenant(s, { limitRanges: { items: [{ limits }] } });
        const name = await makeNamespace(s, tenant, 'shop');
        const range = await kept(s, path(name, 'limitranges'));
        expect(range).toMatchObject({ metadata: { name: `capsule-${tenant}-0` }, spec: { limits } });
        s.golden(told(await s.send(del(`${path(name, 'limitranges')}/${range.metadata.name}`))));
        await s.do(del(`${path(name, 'limitranges')}/${range.metadata.name}`, undefined, { as: manager }));
        await kept(s, path(name, 'limitranges'));
      },
    ],
    'policies-in-each-namespace': [
      'and network policies, which are put right when they are changed',
      async (s) => {
        const spec = {
          podSelector: {},
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ namespaceSelector: { matchLabels: { [label]: 'x' } } }] }],
        };
        const tenant = await makeTenant(s, { networkPolicies: { items: [spec] } });
        const name = await makeNamespace(s, tenant, 'shop');
        const policy = await kept(s, policies(name));
        expect(policy).toMatchObject({ metadata: { name: `capsule-${tenant}-0` }, spec });
        const at = `${policies(name)}/${policy.metadata.name}`;
        await s.do(patch('merge', at, { spec: { ingress: null } }, { as: manager }));
        await s.until('it to be put right', async () => (await s.do(get(at))).spec.ingress?.length === 1);
        await s.do(del(at, undefined, { as: manager }));
        await kept(s, policies(name));
      },
    ],
    'settings-are-the-platforms': [
      'a tenant’s people, with edit, neither change nor delete what Capsule put there',
      async (s) => {
        const tenant = await makeTenant(s, {
          networkPolicies: { items: [{ podSelector: {}, policyTypes: ['Ingress'] }] },
          resourceQuotas: { scope: 'Namespace', items: [{ hard: { pods: '3' } }] },
        });
        const name = await makeNamespace(s, tenant, 'shop');
        await letPeople(s, tenant, name, 'edit');
        const as = member(tenant);
        await s.until(
          'the right to be in force',
          async () => (await s.send(get(path(name, 'pods'), { as }))).code === 200,
        );
        const [policy, quota] = [await kept(s, policies(name)), await kept(s, path(name, 'resourcequotas'))];
        s.golden([
          told(await s.send(del(`${policies(name)}/${policy.metadata.name}`, undefined, { as }))),
          told(
            await s.send(
              patch('merge', `${policies(name)}/${policy.metadata.name}`, { spec: { ingress: [{}] } }, { as }),
            ),
          ),
          told(await s.send(del(`${path(name, 'resourcequotas')}/${quota.metadata.name}`, undefined, { as }))),
        ]);
      },
    ],
    'settings-change': [
      'a changed tenant changes its namespaces',
      async (s) => {
        const spec = (pods: string) => ({ resourceQuotas: { scope: 'Namespace', items: [{ hard: { pods } }] } });
        const tenant = await makeTenant(s, spec('3'));
        const name = await makeNamespace(s, tenant, 'shop');
        await kept(s, path(name, 'resourcequotas'));
        await s.do(patch('merge', `${tenants}/${tenant}`, { spec: spec('5') }));
        await s.until(
          'the new number',
          async () => (await kept(s, path(name, 'resourcequotas'))).spec.hard.pods === '5',
        );
        await s.do(patch('merge', `${tenants}/${tenant}`, { spec: { resourceQuotas: { items: [] } } }));
        await s.until('none', async () => names(await s.do(get(path(name, 'resourcequotas')))).length === 0);
      },
    ],
    'node-selector': [
      'a tenant’s nodes become its namespaces’ node selector',
      async (s) => {
        const tenant = await makeTenant(s, { nodeSelector: { zone: 'a', disk: 'ssd' } });
        const name = await makeNamespace(s, tenant, 'shop');
        const annotation = await s.until(
          'the annotation',
          async () =>
            (await s.do(get(`${namespaces}/${name}`))).metadata.annotations?.[
              'scheduler.alpha.kubernetes.io/node-selector'
            ],
        );
        expect(annotation.split(',').sort()).toEqual(['disk=ssd', 'zone=a']);
      },
    ],
    'prevent-deletion': [
      'a protected tenant is not deleted; one that is not takes its namespaces with it',
      async (s) => {
        const tenant = await makeTenant(s, { preventDeletion: true });
        const name = await makeNamespace(s, tenant, 'shop');
        s.golden(told(await s.send(del(`${tenants}/${tenant}`))));
        await s.do(patch('merge', `${tenants}/${tenant}`, { spec: { preventDeletion: false } }));
        await s.until('the tenant to be deletable', async () => (await s.send(del(`${tenants}/${tenant}`))).code < 400);
        await s.until('the namespace to go', async () => (await s.send(get(`${namespaces}/${name}`))).code === 404);
        await s.until('the tenant to go', async () => (await s.send(get(`${tenants}/${tenant}`))).code === 404);
      },
    ],
    'namespace-ends': [
      'a namespace that is deleted leaves its tenant',
      async (s) => {
        const tenant = await makeTenant(s);
        const name = await makeNamespace(s, tenant, 'shop');
        await s.until(
          'the tenant to count it',
          async () => (await s.do(get(`${tenants}/${tenant}`))).status.size === 1,
        );
        await s.do(del(`${namespaces}/${name}`, undefined, { as: manager }));
        await s.until(
          'the tenant to count it no more',
          async () => ((await s.do(get(`${tenants}/${tenant}`))).status.size ?? 0) === 0,
        );
      },
    ],
    'no-owners': [
      'a tenant without owners gives no rights by itself',
      async (s) => {
        const tenant = await makeTenant(s);
        const name = await makeNamespace(s, tenant, 'shop');
        const { items } = await s.do(get(path(name, 'rolebindings', '/apis/rbac.authorization.k8s.io/v1')));
        expect(items).toEqual([]);
        expect((await s.send(get(path(name, 'configmaps'), { as: member(tenant) }))).code).toBe(403);
      },
    ],
    configuration: [
      'the configuration knows the users and the administrators',
      async (s) => {
        const { spec, status } = await s.do(get('/apis/capsule.clastix.io/v1beta2/capsuleconfigurations/default'));
        expect(spec.users).toContainEqual({ kind: 'Group', name: 'kubenova-users' });
        expect(spec.administrators).toContainEqual({ kind: 'Group', name: 'kubenova-system-administrators' });
        expect(JSON.stringify(status)).toContain('kubenova-users');
      },
    ],
    'invalid-tenant': [
      'a tenant is checked against its definition',
      async (s) => {
        const make = (spec: object) =>
          s.send(
            post(tenants, {
              apiVersion: 'capsule.clastix.io/v1beta2',
              kind: 'Tenant',
              metadata: { name: '{u}' },
              spec,
            }),
          );
        // Which rules its definition has beyond that is Capsule's business.
        const first = async (spec: object) => {
          const { code, body } = await make(spec);
          return { code, reason: body.reason, cause: body.details?.causes?.[0] };
        };
        s.golden([
          await first({ resourceQuotas: { scope: 'Galaxy' } }),
          await first({ namespaceOptions: { quota: 0 } }),
        ]);
      },
    ],
  },
  ['capsule'],
);
