/**
 * The token that kubectl gets from the exec plugin: the one of a call before while it lasts, else a new one of the
 * Manager. A Manager that is away does no harm while the old token lasts; one that refuses ends it here at once.
 *
 * kubectl does not say why it asks. It keeps what it was given until that ends, so that the same kubectl asking again
 * before means that the cluster refused the token: the cache is passed by then.
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
  /** The process that asks. */
  askedBy: number;
  now?: () => Date;
}

export type Credential = Pick<CachedToken, 'token' | 'expiresAt'>;

/** What is left of a token that is still handed out. */
const MARGIN_MS = 30_000;
const TIMEOUT_MS = 15_000;

/** @throws CommandFailure that says what to do */
export async function credentialFor(request: CredentialRequest, options: CredentialOptions): Promise<Credential> {
  const { session, cache, askedBy, now = () => new Date() } = options;
  const bearer = await session.bearer();
  const key: TokenKey = { server: session.managerUrl, subject: subjectOf(bearer), ...request };
  const known = cache.get(key);
  const left = known === undefined ? 0 : Date.parse(known.expiresAt) - now().getTime();
  const wasRefused = known?.servedTo === askedBy;
  if (known !== undefined && !wasRefused && left > MARGIN_MS) return serve(known);

  const answer = await ask(session.managerUrl, bearer, request);
  if (answer.kind === 'given') return serve(answer.credential);
  if (answer.kind === 'refused') {
    cache.forget(key);
    throw new CommandFailure(answer.message);
  }
  if (known !== undefined && !wasRefused && left > 0) return serve(known);
  throw new CommandFailure(answer.message);

  function serve({ token, expiresAt }: Credential): Credential {
    if (known?.token !== token || known.servedTo !== askedBy) {
      cache.put(key, { token, expiresAt, servedTo: askedBy }, now());
    }
    return { token, expiresAt };
  }
}

/** What kubectl reads (`client.authentication.k8s.io/v1`). */
export function execCredential({ token, expiresAt }: Credential): string {
  return JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token, expirationTimestamp: expiresAt.replace(/\.\d+Z$/, 'Z') },
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
