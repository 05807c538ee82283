/** Who is calling: a client certificate that the cluster's CA signed, or a token that the API server vouches for. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { TokenReview } from '@kubenova/kube/kinds/authentication.ts';
import { credentialOf, impersonationWish } from './credential.ts';
import type { Caller } from './headers.ts';
import { forbidden, type StatusAnswer } from './status.ts';

export type Authentication = { caller: Caller; token?: string } | { refusal: StatusAnswer };

export type Authenticate = (request: IncomingMessage, filtered: boolean) => Promise<Authentication>;

/** Each request is reviewed anew: a token that was revoked a moment ago opens nothing. */
export function createAuthenticator(client: KubeClient): Authenticate {
  return async (request, filtered) => {
    const unknown = `cannot retrieve user and group${filtered ? ' from the request' : ''}`;
    const credential = credentialOf(request.rawHeaders);
    if (credential.kind === 'refused') return { refusal: badToken(credential.message) };
    let reviewed: Caller | undefined;
    if (credential.kind === 'token') {
      const review = await reviewToken(client, credential.token);
      if ('error' in review) return { refusal: badToken(review.error) };
      reviewed = review;
    }
    const caller = callerByCertificate(request) ?? reviewed;
    if (!caller) {
      const text = 'no authentication provider available. unauthenticated users not supported';
      return { refusal: forbidden(`${unknown}: ${text}`) };
    }
    const wish = impersonationWish(request.rawHeaders);
    if (wish) return { refusal: forbidden(`${unknown}: the current user ${caller.name} cannot impersonate ${wish}`) };
    return credential.kind === 'token' ? { caller, token: credential.token } : { caller };
  };
}

function badToken(message: string): StatusAnswer {
  return forbidden(`cannot authenticate the token due to error: ${message}`);
}

async function reviewToken(client: KubeClient, token: string): Promise<Caller | { error: string }> {
  const { status } = await client.create(TokenReview, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: { name: '' },
    spec: { token },
  });
  if (status?.error) return { error: status.error };
  const name = status?.user?.username;
  if (!status?.authenticated || !name) return { error: 'invalid bearer token' };
  return { name, groups: status.user?.groups ?? [] };
}

/** Common name and organisations, as Kubernetes reads client certificates. */
function callerByCertificate(request: IncomingMessage): Caller | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as { CN?: string; O?: string | string[] } | undefined;
  if (!subject?.CN) return undefined;
  const groups = subject.O === undefined ? [] : [subject.O].flat();
  return { name: subject.CN, groups };
}
