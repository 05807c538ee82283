/**
 * Credentials of a chart repository, out of the Secret that the App names: a Secret of the type
 * `kubernetes.io/basic-auth` (keys `username` and `password`). It lies in the App's own namespace, or in
 * `kubenova-credentials` with the label of the App's tenant. What is read goes into one header and nowhere else.
 */
import type { AppState } from '@kubenova/domain/app-state.ts';
import { PROJECT_ID, TENANT_ID } from '@kubenova/domain/labels.ts';
import { CREDENTIALS_NAMESPACE } from '@kubenova/domain/names.ts';
import type { SecretRef } from '@kubenova/knapi/schemas.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Secret } from '@kubenova/kube/kinds/core.ts';
import { ResolveError } from './error.ts';

/**
 * The value of an Authorization header; undefined when the App names no Secret.
 *
 * @throws ResolveError CredentialsUnavailable; KubeError when the cluster cannot be asked
 */
export async function readCredentials(
  client: Pick<KubeClient, 'find'>,
  state: AppState,
  ref: SecretRef | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (ref === undefined) return undefined;
  const namespace = ref.namespace ?? state.namespace;
  const title = `Secret ${namespace}/${ref.name}`;
  if (namespace !== state.namespace && namespace !== CREDENTIALS_NAMESPACE) {
    throw unavailable(`${title} is neither in the App's namespace nor in ${CREDENTIALS_NAMESPACE}`);
  }
  const secret = await client.find(Secret, { namespace, name: ref.name }, { signal }).catch((error: unknown) => {
    if (isKubeError(error, 'Forbidden')) throw unavailable(`the Agent may not read ${title} on this cluster`);
    throw error;
  });
  if (secret === undefined) throw unavailable(`${title} is not there`);
  if (namespace === CREDENTIALS_NAMESPACE && !belongsTo(secret, state)) {
    // The same words as for one that is not there, so that nothing is learnt of other tenants' secrets.
    throw unavailable(`${title} is not there`);
  }
  const [username, password] = [decode(secret.data?.username), decode(secret.data?.password)];
  if (username === undefined || password === undefined) {
    throw unavailable(`${title} lacks the keys username and password`);
  }
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function belongsTo(secret: Secret, state: AppState): boolean {
  const labels = secret.metadata.labels ?? {};
  const project = labels[PROJECT_ID];
  return labels[TENANT_ID] === state.tenant.id && (project === undefined || project === state.project.id);
}

function decode(value: string | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function unavailable(why: string): ResolveError {
  return new ResolveError('CredentialsUnavailable', `The credentials of this source cannot be used: ${why}.`);
}
