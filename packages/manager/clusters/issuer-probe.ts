/**
 * IssuerTrusted: would the API server take the tokens that people get, and by the names that stand in them? It is asked
 * with a token of one minute for nobody, since what an API server is configured with cannot be read from outside. A
 * cluster where people come as ServiceAccounts need not trust anybody.
 */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { clusterAudience, USERS_GROUP } from '@kubenova/domain/names.ts';
import { createKubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { SelfSubjectReview } from '@kubenova/kube/kinds/authentication.ts';
import type { Issuer } from '../identity/issuer.ts';
import { no, yes } from '../reconcile/context.ts';
import { insist } from './insist.ts';

export type TokenIssuer = Pick<Issuer, 'url' | 'mint'>;

export interface TrustingCluster {
  name: string;
  auth: 'oidc' | 'serviceAccount';
  connection: KubeConnection;
}

const TYPE = 'IssuerTrusted';
const SUBJECT = 'kubenova:probe';
const LIFE_SECONDS = 60;

/** @throws KubeError when the API server cannot be asked */
export async function probeIssuer(
  issuer: TokenIssuer,
  { name, auth, connection }: TrustingCluster,
  signal: AbortSignal,
): Promise<ConditionInput> {
  if (auth === 'serviceAccount') {
    return yes(TYPE, 'NotNeeded', 'People come as ServiceAccounts; the API server need not trust the issuer.');
  }
  const audience = clusterAudience(name);
  const claims = { subject: SUBJECT, audience, groups: [USERS_GROUP], ttlSeconds: LIFE_SECONDS };
  const { token } = await issuer.mint(claims);
  const kube = createKubeClient(
    { ...connection, credential: { kind: 'token', token } },
    { userAgent: 'kubenova-manager', requestTimeoutMs: 5_000 },
  );
  try {
    const question: SelfSubjectReview = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: { name: '' },
    };
    const { status } = await insist(() => kube.create(SelfSubjectReview, question, { signal }), signal);
    const user = status?.userInfo;
    if (user?.username !== SUBJECT || user.groups?.includes(USERS_GROUP) !== true) {
      return no(
        TYPE,
        'OtherNames',
        `The API server takes a token for ${SUBJECT} in ${USERS_GROUP} for ${user?.username ?? 'nobody'} in ${user?.groups?.join(', ') ?? 'no group'}. Take the claims sub and groups without a prefix in its AuthenticationConfiguration.`,
      );
    }
    return yes(TYPE, 'Trusted', `The API server trusts ${issuer.url}.`);
  } catch (error) {
    if (!isKubeError(error, 'Unauthorized')) throw error;
    return no(
      TYPE,
      'NotTrusted',
      `The API server does not take tokens of ${issuer.url} for the audience ${audience}, so that nobody's kubeconfig works. Add the issuer to its AuthenticationConfiguration and see that it can reach it, or PATCH the cluster with auth serviceAccount.`,
    );
  } finally {
    await kube.close();
  }
}
