/** Bound tokens of ServiceAccounts. Source: Kubernetes API, `authentication.k8s.io/v1.TokenRequest`. */
import type { KubeClient } from './client.ts';
import { KubeError } from './error.ts';
import type { TokenRequest } from './kinds/authentication.ts';
import { ServiceAccount } from './kinds/core.ts';
import { objectPath } from './resource.ts';

export interface ServiceAccountTokenOptions {
  namespace: string;
  name: string;
  /** The API server's own audience when absent. */
  audiences?: string[];
  /** 10 min at least; servers may shorten it. */
  expirationSeconds?: number;
  signal?: AbortSignal;
}

/** @throws KubeError `NotFound` without the account, `Forbidden` without the right to `serviceaccounts/token` */
export async function requestServiceAccountToken(
  client: Pick<KubeClient, 'request'>,
  options: ServiceAccountTokenOptions,
): Promise<{ token: string; expiresAt: Date }> {
  const { namespace, name, audiences, expirationSeconds = 3600, signal } = options;
  const path = objectPath(ServiceAccount, { namespace, name }, 'token');
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences, expirationSeconds } };
  const { status } = (await client.request('POST', path, { body, signal })) as Partial<TokenRequest>;
  if (status === undefined) {
    throw new KubeError('Protocol', `POST ${path}: the answer holds no token`);
  }
  return { token: status.token, expiresAt: new Date(status.expirationTimestamp) };
}
