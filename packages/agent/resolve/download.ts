/**
 * One bounded download: limits on size, time and redirects, and the address policy on each connection.
 */
import { Agent, type Dispatcher, request } from 'undici';
import { type AddressPolicy, checkedLookup, hostProblem } from './address-policy.ts';
import { ResolveError, showUrl } from './error.ts';

export interface Downloader {
  /**
   * Fetches a URL.
   *
   * @throws ResolveError AddressRefused, RepositoryUnreachable, RepositoryRefused, TooLarge, TimedOut
   */
  fetch(url: URL, options: DownloadOptions): Promise<Buffer>;
  close(): Promise<void>;
}

export interface DownloadOptions {
  /** What is fetched, for messages: «The index of the repository». */
  readonly what: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Value of the Authorization header; it goes to the origin of `url` only and is dropped at a redirect elsewhere. */
  readonly authorization?: string;
  readonly signal?: AbortSignal;
}

const MAX_REDIRECTS = 5;

/** Makes a downloader with a connection pool of its own; `close` ends its idle connections. */
export function createDownloader(policy: AddressPolicy): Downloader {
  const agent = new Agent({
    connect: { lookup: checkedLookup(policy), timeout: 5_000 },
    connections: 4,
    keepAliveTimeout: 4_000,
    maxHeaderSize: 32 * 1024,
  });
  return {
    fetch: (url, options) => download(agent, policy, url, options),
    close: () => agent.close(),
  };
}

async function download(
  dispatcher: Dispatcher,
  policy: AddressPolicy,
  start: URL,
  options: DownloadOptions,
): Promise<Buffer> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  let url = start;
  try {
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      checkUrl(url, start, policy, options);
      const authorization = url.origin === start.origin ? options.authorization : undefined;
      const answer = await request(url, {
        dispatcher,
        signal,
        headers: {
          'user-agent': 'kubenova-agent',
          'accept-encoding': 'identity',
          ...(authorization === undefined ? {} : { authorization }),
        },
        headersTimeout: options.timeoutMs,
        bodyTimeout: options.timeoutMs,
      });
      const location = answer.headers.location;
      if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
        await answer.body.dump({ limit: 64 * 1024, signal });
        url = redirectTarget(location, url, options);
        continue;
      }
      if (answer.statusCode !== 200) {
        await answer.body.dump({ limit: 64 * 1024, signal });
        throw statusError(answer.statusCode, url, options);
      }
      return await readBounded(answer, url, options);
    }
    throw new ResolveError(
      'RepositoryRefused',
      `${options.what} redirects more than ${MAX_REDIRECTS} times: ${showUrl(start)}.`,
      { retry: 'later' },
    );
  } catch (error) {
    if (error instanceof ResolveError) throw error;
    if (options.signal?.aborted) throw error;
    if (deadline.aborted) {
      throw new ResolveError(
        'TimedOut',
        `${options.what} did not arrive within ${options.timeoutMs / 1_000} s from ${showUrl(url)}.`,
      );
    }
    throw connectionError(error, url, options);
  }
}

function checkUrl(url: URL, start: URL, policy: AddressPolicy, options: DownloadOptions): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ResolveError('AddressRefused', `${options.what} is not at an http or https address: ${showUrl(url)}.`);
  }
  if (start.protocol === 'https:' && url.protocol === 'http:') {
    throw new ResolveError(
      'AddressRefused',
      `${options.what} redirects from https to http, which is not followed: ${showUrl(url)}.`,
    );
  }
  // The lookup is not asked about an address that is given as numbers, so the name is judged here too.
  const problem = hostProblem(url.hostname, policy);
  if (problem !== undefined) {
    throw new ResolveError(
      'AddressRefused',
      `${options.what} is at ${showUrl(url)}, which the Agent does not connect to: ${problem}.`,
    );
  }
}

function redirectTarget(location: string, from: URL, options: DownloadOptions): URL {
  const target = URL.parse(location, from.href);
  if (target === null) {
    throw new ResolveError(
      'RepositoryRefused',
      `${options.what} redirects to something that is not a URL: ${showUrl(from)}.`,
      { retry: 'later' },
    );
  }
  return target;
}

function statusError(status: number, url: URL, options: DownloadOptions): ResolveError {
  const where = `${showUrl(url)} answered HTTP ${status}`;
  switch (status) {
    case 401:
    case 403:
      return new ResolveError(
        'RepositoryRefused',
        `${where}: ${options.authorization === undefined ? 'the repository wants credentials; name a Secret in credentialsSecretRef' : 'it does not accept the credentials of credentialsSecretRef'}.`,
        { retry: 'later' },
      );
    case 404:
    case 410:
      return new ResolveError('RepositoryRefused', `${where}: there is nothing at this address; check repoUrl.`, {
        retry: 'later',
      });
    case 408:
    case 425:
    case 429:
      return new ResolveError('RepositoryRefused', `${where}; it is tried again.`);
    default:
      return status >= 500
        ? new ResolveError('RepositoryRefused', `${where}; it is tried again.`)
        : new ResolveError('RepositoryRefused', `${where}; check repoUrl.`, { retry: 'later' });
  }
}

async function readBounded(answer: Dispatcher.ResponseData, url: URL, options: DownloadOptions): Promise<Buffer> {
  const tooLarge = () => {
    answer.body.destroy();
    return new ResolveError(
      'TooLarge',
      `${options.what} at ${showUrl(url)} is larger than the limit of ${showBytes(options.maxBytes)}.`,
    );
  };
  if (Number(answer.headers['content-length'] ?? 0) > options.maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > options.maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function connectionError(error: unknown, url: URL, options: DownloadOptions): ResolveError {
  const found = rootCause(error);
  if (found.code === 'ERR_ADDRESS_REFUSED') {
    return new ResolveError(
      'AddressRefused',
      `${options.what} is at an address that the Agent does not connect to: ${found.message}.`,
    );
  }
  return new ResolveError(
    'RepositoryUnreachable',
    `${options.what} cannot be fetched from ${showUrl(url)}: ${reasonOf(found)}.`,
    { cause: error },
  );
}

/** The first error with a code; a connection that tried several addresses reports them as one AggregateError. */
function rootCause(error: unknown): { code: string; message: string } {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else if ('code' in current && typeof current.code === 'string' && current.code !== 'UND_ERR') {
      return { code: current.code, message: current.message };
    } else current = current.cause;
  }
  return { code: '', message: '' };
}

function reasonOf(found: { code: string; message: string }): string {
  switch (found.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known';
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was cut';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'the host does not answer';
    default:
      if (/CERT|SELF_SIGNED|ISSUER|SSL|TLS/.test(found.code))
        return `its TLS certificate is not accepted (${found.code})`;
      return found.code === '' ? 'the connection failed' : `the connection failed (${found.code})`;
  }
}

/** A size for people, in binary units. */
export function showBytes(bytes: number): string {
  const mebibytes = bytes / (1024 * 1024);
  return mebibytes >= 1 ? `${Math.round(mebibytes)} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
