/**
 * Tokens of people's ServiceAccounts, asked of the cluster itself: the one thing that the API does on a cluster while
 * somebody waits, since only the cluster can make them. So it is short: one request on a connection of its own, seconds
 * until it is given up, and an answer that says which cluster is away.
 */
import { ApiError } from '@kubenova/knapi/errors.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { type KubeConnection, parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { requestServiceAccountToken } from '@kubenova/kube/service-account-token.ts';
import type { Kysely } from 'kysely';
import { clusterContext } from '../identity/sealing.ts';
import type { Database } from '../store/database.ts';
import { loadSealedKubeconfig } from '../store/status/clusters.ts';

export interface MemberTokenRequest {
  namespace: string;
  account: string;
  /** 600 at least; the cluster may give less than was asked for. */
  seconds: number;
}

export interface MemberTokens {
  /** @throws ApiError KN-503 when the cluster is away, or has not got the account yet */
  request(
    cluster: { id: string; name: string },
    request: MemberTokenRequest,
  ): Promise<{ token: string; expiresAt: Date }>;
}

export interface MemberTokensOptions {
  db: Kysely<Database>;
  sealer: { unseal(sealed: Buffer, context: string): string };
  connect?: (connection: KubeConnection) => KubeClient;
}

/** Of all that the request may take, the caller waits no longer than this. */
const TIMEOUTS = { requestTimeoutMs: 5_000, overallTimeoutMs: 5_000, connectTimeoutMs: 3_000 };

export function createMemberTokens({ db, sealer, ...options }: MemberTokensOptions): MemberTokens {
  const connect =
    options.connect ?? ((connection) => createKubeClient(connection, { userAgent: 'kubenova-manager', ...TIMEOUTS }));
  return {
    async request(cluster, { namespace, account, seconds }) {
      const row = await loadSealedKubeconfig(db, cluster.id);
      if (row === undefined) throw new ApiError('KN-503', `Cluster ${cluster.name} has just been taken away.`);
      const kube = connect(parseKubeconfig(sealer.unseal(row.sealed, clusterContext(cluster.id))));
      try {
        return await requestServiceAccountToken(kube, { namespace, name: account, expirationSeconds: seconds });
      } catch (error) {
        if (!isKubeError(error)) throw error;
        throw new ApiError('KN-503', explain(cluster.name, `${namespace}/${account}`, error.reason), { cause: error });
      } finally {
        await kube.close();
      }
    },
  };
}

function explain(cluster: string, account: string, reason: string): string {
  if (reason === 'NotFound') {
    return `Cluster ${cluster} has no ServiceAccount ${account} yet; it is made within moments of the project or the placement. Try again.`;
  }
  if (reason === 'Forbidden') {
    return `Cluster ${cluster} does not let KubeNova make tokens. An operator has to PATCH it with an administrator's kubeconfig.`;
  }
  return `Cluster ${cluster} makes its tokens itself and cannot be reached now (${reason}). Try again when it is back.`;
}
