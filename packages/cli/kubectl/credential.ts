/**
 * The token that kubectl gets from the exec plugin: the one of a call before while it lasts, else a new one of the
 * Manager. A Manager that is away does no harm while the old token lasts; one that refuses ends it here at once.
 *
 * kubectl never asks again before a token's end: client-go would after a 401, but capsule-proxy answers 403 to a token
 * that is not good (0.14). So the end is told a little early, and what a cluster has ceased to accept for another reason
 * lasts in the cache for minutes, or until `kubenova kubeconfig`, which clears it.
 */
import { createHash } from 'node:crypto';
import { createClient } from '@kubenova/knapi/client.ts';
import type { Problem } from '@kubenova/knapi/schemas.ts';
import { CommandFailure } from '../output/failure.ts';
import type { CachedToken, TokenCache, TokenKey } from './token-cache.ts';

export interface CredentialRequest {
  tenant: string;
  cluster: string;
  project?: string;
  role?: 'projectDev' | 'readOnly';
}

export interface CredentialOptions {
  session: { readonly managerUrl: string; bearer(): Promise<string> };
  cache: TokenCache;
  now?: () => Date;
}

export type Credential = CachedToken;

/** What is left of a token that is still handed out. */
const MARGIN_MS = 30_000;
/** How long before its end a token is told to end: clocks differ, and a request takes its time. */
const EARLY_MS = 10_000;
const TIMEOUT_MS = 15_000;

/** @throws CommandFailure that says what to do */
export async function credentialFor(request: CredentialRequest, options: CredentialOptions): Promise<Credential> {
  const { session, cache, now = () => new Date() } = options;
  const bearer = await session.bearer();
  const key: TokenKey = { server: session.managerUrl, subject: subjectOf(bearer), ...request };
  const known = cache.get(key);
  const left = known === undefined ? 0 : Date.parse(known.expiresAt) - now().getTime();
  if (known !== undefined && left > MARGIN_MS) return known;

  const answer = await ask(session.managerUrl, bearer, request);
  if (answer.kind === 'given') {
    cache.put(key, answer.credential, now());
    return answer.credential;
  }
  if (answer.kind === 'refused') {
    cache.forget(key);
    throw new CommandFailure(answer.message);
  }
  if (known !== undefined && left > 0) return known;
  throw new CommandFailure(answer.message);
}

/** What kubectl reads (`client.authentication.k8s.io/v1`). */
export function execCredential({ token, expiresAt }: Credential, now: Date): string {
  const end = Date.parse(expiresAt);
  // Of a token that is about to end, half.
  const early = Math.min(EARLY_MS, (end - now.getTime()) / 2);
  const told = new Date(end - Math.max(0, early));
  return JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token, expirationTimestamp: `${told.toISOString().slice(0, 19)}Z` },
  });
}

type Answer =
  | { kind: 'given'; credential: Credential }
  /** It would be so again: what is in the cache must not be used any more either. */
  | { kind: 'refused'; message: string }
  | { kind: 'away'; message: string };

async function ask(managerUrl: string, bearer: string, request: CredentialRequest): Promise<Answer> {
  const { tenant, ...body } = request;
  const client = createClient({ managerUrl, token: bearer });
  const answer = await client
    .POST('/api/v1/tenants/{tenant}/kubernetes-token', {
      params: { path: { tenant } },
      body: { ttlSeconds: 900, ...body },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    .catch((error: Error) => error);
  if (answer instanceof Error) {
    return { kind: 'away', message: `the Manager at ${managerUrl} cannot be reached (${causeOf(answer)})` };
  }
  if (answer.data !== undefined) return { kind: 'given', credential: answer.data };
  const { status } = answer.response;
  const { detail } = (answer.error ?? {}) as Partial<Problem>;
  const told = detail ?? `the Manager at ${managerUrl} answers ${status}, which is not KubeNova's way to refuse`;
  if (status === 401) return { kind: 'refused', message: `${told} Sign in: kubenova login --server ${managerUrl}` };
  if (status === 403 || status === 404) {
    return { kind: 'refused', message: `${told} What you may use: kubenova kubeconfig --server ${managerUrl}` };
  }
  return { kind: status >= 500 || status === 429 ? 'away' : 'refused', message: told };
}

/** The person of an ID token, who keeps the name from token to token; for an API token a hash of it. */
function subjectOf(bearer: string): string {
  try {
    const { iss, sub } = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof iss === 'string' && typeof sub === 'string') return `${iss} ${sub}`;
  } catch {
    // It is no JWT.
  }
  return createHash('sha256').update(bearer).digest('hex');
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
