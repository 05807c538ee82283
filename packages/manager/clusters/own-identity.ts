/**
 * The Manager's own identity on a cluster: the ServiceAccount `kubenova-system/kubenova-manager`, which may do what the
 * reconcilers need and no more. The kubeconfig given at registration is used to make it and is then forgotten.
 *
 * Its token is a Secret of type `kubernetes.io/service-account-token`, which does not expire, and not one of the
 * TokenRequest API, which does. A token that renews itself is worth no less to a thief, who can renew it too; but a
 * Manager that was away for longer than the token lives (some clusters allow no more than a day) would be locked out of
 * all clusters at once, and every one would need its administrator. It is revoked by deleting the Secret, and replaced
 * whenever an administrator's kubeconfig is given again: every Secret but the newest is then deleted.
 */
import { randomBytes } from 'node:crypto';
import { baseLabels, selector } from '@kubenova/domain/labels.ts';
import { MANAGER_ACCOUNT, SYSTEM_NAMESPACE, serviceAccountUser } from '@kubenova/domain/names.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError, isTransient, KubeError } from '@kubenova/kube/error.ts';
import { type ResourceAttributes, SelfSubjectAccessReview } from '@kubenova/kube/kinds/authorization.ts';
import { Secret } from '@kubenova/kube/kinds/core.ts';
import type { KubeConnection } from '@kubenova/kube/kubeconfig.ts';
import { insist } from './insist.ts';

const PURPOSE = { 'kubenova.io/purpose': 'manager-token' };
const namespace = SYSTEM_NAMESPACE;

export interface OwnIdentity {
  /** A kubeconfig with the token in it, as JSON. */
  kubeconfig: string;
  /** The name of the Secret that holds the token. */
  secret: string;
}

/** Whether a connection is made as the Manager's own identity already. */
export function isOwnIdentity({ credential }: KubeConnection): boolean {
  if (credential.kind !== 'token') return false;
  const payload = credential.token.split('.')[1];
  if (payload === undefined) return false;
  try {
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sub?: unknown };
    return sub === serviceAccountUser(namespace, MANAGER_ACCOUNT);
  } catch {
    return false;
  }
}

/**
 * Makes a token of the account and shows that the reconcilers can work with it.
 *
 * @throws KubeError when the given identity may not, or when the new one cannot do its work
 */
export async function mintOwnIdentity(
  kube: KubeClient,
  given: KubeConnection,
  signal: AbortSignal,
): Promise<OwnIdentity> {
  const secret = `${MANAGER_ACCOUNT}-token-${randomBytes(4).toString('hex')}`;
  const make = () =>
    kube.create(
      Secret,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: secret,
          namespace,
          labels: { ...baseLabels(), ...PURPOSE },
          annotations: { 'kubernetes.io/service-account.name': MANAGER_ACCOUNT },
        },
        type: 'kubernetes.io/service-account-token',
      },
      { signal },
    );
  await insist(make, signal).catch((error: unknown) => {
    // The answer to the first attempt was lost; a name of chance is nobody else's.
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  });
  const token = await tokenOf(kube, secret, signal);
  const connection: KubeConnection = { ...given, credential: { kind: 'token', token } };
  await verify(connection, signal);
  return { secret, kubeconfig: kubeconfigText(connection, token) };
}

/** Revokes every token of the account but the one in use. */
export async function revokeOlderTokens(kube: KubeClient, keep: string, signal: AbortSignal): Promise<void> {
  const { items } = await kube.list(Secret, {
    namespace,
    labelSelector: selector({ ...baseLabels(), ...PURPOSE }),
    signal,
  });
  const older = items.filter(({ metadata }) => metadata.name !== keep);
  await Promise.all(older.map(({ metadata }) => kube.delete(Secret, metadata, { uid: metadata.uid, signal })));
}

/** The controller manager writes the token into the Secret, usually within a tenth of a second. */
async function tokenOf(kube: KubeClient, name: string, signal: AbortSignal): Promise<string> {
  return within(10_000, signal, async () => {
    const token = (await kube.get(Secret, { name, namespace }, { signal })).data?.token;
    if (token !== undefined && token !== '') return Buffer.from(token, 'base64').toString('utf8');
    throw new KubeError(
      'Timeout',
      `The Secret ${namespace}/${name} was not given a token within 10 s. Is the cluster's controller manager running?`,
      { code: 504 },
    );
  });
}

/** What the reconcilers do, one question each. */
const NEEDED: readonly ResourceAttributes[] = [
  { verb: 'patch', resource: 'namespaces' },
  { verb: 'delete', resource: 'namespaces' },
  { verb: 'patch', resource: 'serviceaccounts', namespace: 'default' },
  { verb: 'patch', group: 'rbac.authorization.k8s.io', resource: 'rolebindings', namespace: 'default' },
  { verb: 'patch', resource: 'configmaps', namespace },
  { verb: 'patch', group: 'capsule.clastix.io', resource: 'tenants' },
  { verb: 'list', group: 'core.oam.dev', resource: 'applications' },
];

/** Rights that were just granted take a moment to reach every API server. */
async function verify(connection: KubeConnection, signal: AbortSignal): Promise<void> {
  const own = createKubeClient(connection, { userAgent: 'kubenova-manager', requestTimeoutMs: 5_000 });
  try {
    await within(10_000, signal, async () => {
      const answers = await Promise.all(
        NEEDED.map((resourceAttributes) =>
          insist(
            () =>
              own.create(
                SelfSubjectAccessReview,
                {
                  apiVersion: 'authorization.k8s.io/v1',
                  kind: 'SelfSubjectAccessReview',
                  metadata: { name: '' },
                  spec: { resourceAttributes },
                },
                { signal },
              ),
            signal,
          ),
        ),
      );
      const lacking = NEEDED.filter((_, index) => answers[index]?.status?.allowed !== true);
      if (lacking.length === 0) return;
      const told = lacking.map(({ verb, resource }) => `${verb} ${resource}`).join(', ');
      throw new KubeError('Forbidden', `The new identity of the Manager may not ${told}.`, { code: 403 });
    });
  } finally {
    await own.close();
  }
}

/** Repeats what fails with an answer of the server until it succeeds or the time is up. */
async function within<T>(timeoutMs: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(500, pauseMs * 2)) {
    try {
      return await work();
    } catch (error) {
      const mayPass = isTransient(error) || isKubeError(error, 'Forbidden', 'Unauthorized', 'NotFound');
      if (!mayPass || performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    signal.throwIfAborted();
  }
}

/** JSON is YAML, and a kubeconfig. */
function kubeconfigText({ server, ca, tlsServerName }: KubeConnection, token: string): string {
  const name = 'kubenova';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [
      {
        name,
        cluster: {
          server,
          ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
          ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
        },
      },
    ],
    users: [{ name, user: { token } }],
  });
}
