/** Objects that most tests begin with. */
import type { TestManager } from './manager.ts';

/** A token that must never be seen anywhere but inside the seal. */
export const CANARY = 'canary-3f9c2b7a-kubeconfig-credential';

export function kubeconfigBase64(options: { server?: string; token?: string } = {}): string {
  const text = [
    'apiVersion: v1',
    'kind: Config',
    'current-context: c',
    'clusters:',
    '- name: k',
    `  cluster: {server: "${options.server ?? 'https://127.0.0.1:6443'}"}`,
    'users:',
    '- name: u',
    `  user: {token: "${options.token ?? CANARY}"}`,
    'contexts:',
    '- name: c',
    '  context: {cluster: k, user: u}',
    '',
  ].join('\n');
  return Buffer.from(text).toString('base64');
}

export function clusterBody(name: string): Record<string, unknown> {
  return {
    name,
    zone: `zone-${name}`,
    kubeconfig: kubeconfigBase64(),
    capsuleProxyUrl: `https://${name}.proxy.test:9001`,
  };
}

export const imageSource = (tag: string) => ({
  kind: 'containerImage',
  containerImage: { image: 'ghcr.io/acme/web', tag, ports: [8080] },
});

/** A cluster, a tenant that is placed on it and a project, by name. */
export async function makePlace(
  manager: TestManager,
  names: { cluster: string; tenant: string; project: string },
): Promise<string> {
  const { cluster, tenant, project } = names;
  const exists = async (path: string) => (await manager.call('GET', path)).status === 200;
  if (!(await exists(`/api/v1/clusters/${cluster}`)))
    await manager.must('POST', '/api/v1/clusters', clusterBody(cluster));
  if (!(await exists(`/api/v1/tenants/${tenant}`))) await manager.must('POST', '/api/v1/tenants', { name: tenant });
  await manager.must('PUT', `/api/v1/clusters/${cluster}/tenants/${tenant}`, {});
  if (!(await exists(`/api/v1/tenants/${tenant}/projects/${project}`))) {
    await manager.must('POST', `/api/v1/tenants/${tenant}/projects`, { name: project });
  }
  return `/api/v1/clusters/${cluster}/tenants/${tenant}/projects/${project}`;
}

/** A token with a role on a scope, made by the admin. */
export async function makeToken(
  manager: TestManager,
  role: string,
  scope: { tenant?: string; project?: string } = {},
): Promise<string> {
  const name = [role.toLowerCase(), scope.tenant, scope.project].filter((part) => part !== undefined).join('-');
  return (await manager.must('POST', '/api/v1/tokens', { name, role, scope, ttlSeconds: 3600 })).token;
}
