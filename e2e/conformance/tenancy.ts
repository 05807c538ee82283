/** Tenants of Capsule with namespaces, as the Manager makes them, under names of the case's own. */
import type { Body, PersonName, Scope } from './case.ts';
import { post, rbac } from './requests.ts';

export const tenants = '/apis/capsule.clastix.io/v1beta2/tenants';
const namespaces = '/api/v1/namespaces';
const group = 'rbac.authorization.k8s.io';

/** Who may put namespaces into tenants: with all rights, and in the group that Capsule's configuration names. */
export const manager: PersonName = { user: 'manager', groups: ['system:masters', 'kubenova-system-administrators'] };

/** A person of a tenant, as the Manager's tokens describe one. */
export const member = (tenant: string, user = 'conf-ann'): PersonName => ({
  user,
  groups: ['kubenova-users', `${tenant}-devs`],
});

export const inTenant = (tenant: string, name: string, labels: object = {}) => ({
  metadata: { name, labels: { 'capsule.clastix.io/tenant': tenant, ...labels } },
});

/** Makes a Tenant and answers its name. */
export async function makeTenant(s: Scope, spec: object = {}, suffix = ''): Promise<string> {
  const name = `${s.unique}${suffix}`;
  s.keep(`${tenants}/${name}`);
  await s.do(post(tenants, { apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant', metadata: { name }, spec }));
  await s.until(
    'the tenant to be active',
    async () => (await s.do({ method: 'GET', path: `${tenants}/${name}` })).status?.state === 'Active',
  );
  return name;
}

/** Makes a namespace of a tenant and answers its name. */
export async function makeNamespace(s: Scope, tenant: string, suffix: string): Promise<string> {
  const name = `conf-${tenant}-${suffix}`;
  s.keep(`${namespaces}/${name}`);
  await s.do(post(namespaces, inTenant(tenant, name), { as: manager }));
  await s.until(
    'its default account',
    async () => (await s.send({ method: 'GET', path: `${namespaces}/${name}/serviceaccounts/default` })).code === 200,
  );
  return name;
}

/** Lets a tenant's people do something in a namespace, and capsule-proxy show it to them. */
export async function letPeople(
  s: Scope,
  tenant: string,
  namespace: string,
  role: string,
  name = 'devs',
): Promise<void> {
  await s.do(
    post(`${rbac}/namespaces/${namespace}/rolebindings`, {
      metadata: { name, labels: { 'reflection.proxy.projectcapsule.dev/enabled': 'true' } },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: group, kind: 'Group', name: `${tenant}-devs` }],
    }),
  );
}

/** A ClusterRole of the case's own. */
export async function makeRole(s: Scope, suffix: string, rules: readonly Body[]): Promise<string> {
  const name = `${s.unique}-${suffix}`;
  s.keep(`${rbac}/clusterroles/${name}`);
  await s.do(post(`${rbac}/clusterroles`, { metadata: { name }, rules }));
  return name;
}
