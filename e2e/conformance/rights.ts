/** Rights for a person of a case's own, and tokens of accounts. */
import type { Body, PersonName, RawRequest, Scope } from './case.ts';
import { post, rbac } from './requests.ts';

export const roles = `${rbac}/namespaces/{ns}/roles`;
export const bindings = `${rbac}/namespaces/{ns}/rolebindings`;
export const accounts = '/api/v1/namespaces/{ns}/serviceaccounts';
export const rule = (resources: string[], verbs: string[], more: object = {}) => ({
  apiGroups: ['', 'apps'],
  resources,
  verbs,
  ...more,
});
export const rob: PersonName = { user: 'conf-rob', groups: ['devs'] };
export const user = (name: string) => ({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' });

/** Gives a subject a role in the case's namespace, and waits until it is in force. */
export async function grant(s: Scope, rules: object[], subject: object = user('conf-rob'), name = 'r'): Promise<void> {
  await s.do(post(roles, { metadata: { name }, rules }));
  await bind(s, { kind: 'Role', name }, subject, name);
}

export async function bind(s: Scope, roleRef: object, subject: object = user('conf-rob'), name = 'b'): Promise<void> {
  await s.do(
    post(bindings, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
      subjects: [subject],
    }),
  );
}

/** The API server reads roles from a cache: an allowed request shows that it has them. */
export const allowed = (s: Scope, request: RawRequest) =>
  s.until(`${request.method} ${request.path} to be allowed`, async () => (await s.send(request)).code !== 403);

export async function token(s: Scope, account: string, spec: object = {}): Promise<Body> {
  return (await s.do(post(`${accounts}/${account}/token`, { spec }))).status;
}
