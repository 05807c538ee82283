/**
 * Kubeconfigs for people: one context a tenant and cluster, each through capsule-proxy with its CA.
 *
 * One of mode `exec` holds no secret: kubectl runs `kubenova kubectl-credential`, which fetches a token of minutes as
 * whoever is signed in there (`client.authentication.k8s.io/v1`). One of mode `token` holds tokens, and ends with them.
 */
import { stringify } from 'yaml';

/** What the exec plugin is told; nothing of it is secret. */
export interface ExecUser {
  /** Where the Manager is for whoever uses the kubeconfig. */
  server: string;
  tenant: string;
  cluster: string;
  project?: string;
  role?: string;
}

export interface KubeconfigContext {
  /** `<tenant>@<cluster>`, or `<tenant>/<project>@<cluster>`. */
  name: string;
  cluster: { name: string; server: string; ca: string | null };
  /** None, unless the context is about one: a member sees only its tenant's namespaces, and `default` is none of them. */
  namespace?: string;
  user: { exec: ExecUser } | { token: string };
}

const INSTALL_HINT = `The kubenova command is not on PATH. Put the folder of KubeNova's launcher there, or have this
kubeconfig written by \`kubenova kubeconfig\`, which names the launcher by its path.`;

/** The YAML text; the first context is current. */
export function kubeconfigText(contexts: readonly KubeconfigContext[]): string {
  const clusters = new Map(contexts.map(({ cluster }) => [cluster.name, cluster]));
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': contexts[0]?.name ?? '',
      clusters: [...clusters.values()].map(({ name, server, ca }) => ({
        name,
        cluster: {
          server,
          ...(ca === null ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
        },
      })),
      users: contexts.map(({ name, user }) => ({
        name,
        user: 'token' in user ? { token: user.token } : { exec: execPlugin(user.exec) },
      })),
      contexts: contexts.map(({ name, cluster, namespace }) => ({
        name,
        context: { cluster: cluster.name, ...(namespace === undefined ? {} : { namespace }), user: name },
      })),
    },
    { lineWidth: 0 },
  );
}

function execPlugin({ server, tenant, cluster, project, role }: ExecUser) {
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'kubenova',
    args: [
      'kubectl-credential',
      ...option('--server', server),
      ...option('--tenant', tenant),
      ...option('--cluster', cluster),
      ...option('--project', project),
      ...option('--role', role),
    ],
    env: null,
    installHint: INSTALL_HINT,
    interactiveMode: 'IfAvailable',
    provideClusterInfo: false,
  };
}
