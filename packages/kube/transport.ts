/**
 * HTTP to one API server.
 *
 * There are two pools over HTTP/1.1. Requests share a bounded one. Watches, logs and other streams hold a connection for minutes each,
 * so they live in a pool without a bound: however many there are, a request never waits behind a watch. (HTTP/2 would put everything on
 * one connection, where a lost packet or a full flow-control window holds up everybody.)
 *
 * Three clocks run: connecting, one attempt from sending to the last byte, and all attempts with the pauses between them. An attempt is
 * repeated when the server asked us to come back (429, or 503 with Retry-After: it did not execute the request), when a token in a file
 * has rotated under a 401, and once when a kept-alive connection broke and the request is safe to repeat.
 */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import requestWith from 'undici/lib/api/api-request.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import type { KubeConnection } from './connection.ts';
import { KubeError } from './error.ts';
import { errorFromAnswer } from './response-error.ts';
import { createTokenSource } from './token-source.ts';
import { errorFromTransport, isBrokenConnection } from './transport-error.ts';

export type QueryValue = string | number | boolean | undefined;
export type Query = Record<string, QueryValue | readonly string[]>;

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path from the root of the API server, starting with a slash, already encoded. */
  path: string;
  query?: Query;
  headers?: Record<string, string | string[]>;
  body?: string;
  contentType?: string;
  signal?: AbortSignal;
  /** A second execution changes nothing, so that it may be sent again when the connection broke. */
  repeatable?: boolean;
  /** The server's words may quote secret values. */
  confidential?: boolean;
  /** Instead of the transport's own limit for one attempt, in ms. */
  timeoutMs?: number;
}

export interface TextAnswer {
  text: string;
  contentType: string;
}

export interface Transport {
  readonly server: string;
  readonly connection: KubeConnection;
  /** Sends, repeats where that is sound, and reads the whole body. @throws KubeError, or the signal's reason */
  text(request: TransportRequest): Promise<TextAnswer>;
  /** Opens a stream on a connection of its own, without repeating. Ends when the signal aborts. @throws KubeError, or the signal's reason */
  stream(request: TransportRequest): Promise<Readable>;
  /** The Authorization header of now, for protocols that dial for themselves (exec). */
  authorization(): Promise<string | undefined>;
  redact(text: string): string;
  close(): Promise<void>;
}

export interface TransportOptions {
  userAgent?: string;
  connectTimeoutMs?: number;
  requestTimeoutMs?: number;
  overallTimeoutMs?: number;
  maxConnections?: number;
  maxAnswerBytes?: number;
}

export function createTransport(connection: KubeConnection, options: TransportOptions = {}): Transport {
  const { requestTimeoutMs = 10_000, overallTimeoutMs = 30_000, maxAnswerBytes = 64 * 1024 * 1024 } = options;
  const url = serverUrl(connection.server);
  const basePath = url.pathname.replace(/\/+$/, '');
  const server = url.origin + basePath;
  const tokens = createTokenSource(connection.credential);
  const poolOptions = {
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connectOptions(connection, options.connectTimeoutMs ?? 3_000),
  };
  const requests = new Pool(url.origin, { ...poolOptions, connections: options.maxConnections ?? 16 });
  const streams = new Pool(url.origin, { ...poolOptions, connections: null });

  async function attempt(pool: Dispatcher, request: TransportRequest, limitMs: number): Promise<Answered> {
    const operation = `${request.method} ${request.path}`;
    request.signal?.throwIfAborted();
    const controller = new AbortController();
    const onAbort = () => controller.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => {
      const message = `${operation} at ${server}: no answer within ${limitMs} ms; the server is overloaded or something in between holds the connection`;
      controller.abort(new KubeError('Timeout', message));
    }, limitMs);
    const answered: Answered = {
      settled: () => clearTimeout(timer),
      done: () => {
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', onAbort);
      },
      failure: (error) => {
        answered.done();
        if (controller.signal.aborted) {
          return controller.signal.reason;
        }
        const failure = errorFromTransport(operation, server, error);
        if (request.repeatable === true && isBrokenConnection(error)) {
          broken.add(failure);
        }
        return failure;
      },
    };
    try {
      const authorization = await authorizationHeader();
      const response = await requestWith.call(pool, {
        method: request.method,
        path: basePath + request.path + queryString(request.query),
        headers: {
          accept: 'application/json',
          'user-agent': options.userAgent ?? 'kubenova',
          ...(authorization === undefined ? {} : { authorization }),
          ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
          ...request.headers,
        },
        body: request.body,
        signal: controller.signal,
      });
      // A body that is aborted later must never become an uncaught 'error' event.
      response.body.on('error', () => undefined);
      answered.response = response;
      if (response.statusCode < 200 || response.statusCode > 299) {
        throw await refusal(request, operation, response);
      }
      return answered;
    } catch (error) {
      throw answered.failure(error);
    }
  }

  /** Failures after which the connection, not the server, is to blame. */
  const broken = new WeakSet<KubeError>();

  async function refusal(
    request: TransportRequest,
    operation: string,
    response: Dispatcher.ResponseData,
  ): Promise<KubeError> {
    const body = tokens.redact(await readText(response.body, 1024 * 1024, operation));
    return errorFromAnswer({
      operation,
      code: response.statusCode,
      body,
      confidential: request.confidential,
      header: (name) => {
        const value = response.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
    });
  }

  async function text(request: TransportRequest): Promise<TextAnswer> {
    const deadline = Date.now() + Math.max(overallTimeoutMs, request.timeoutMs ?? 0);
    for (let attempts = 1; ; attempts += 1) {
      try {
        const limitMs = Math.max(1, Math.min(request.timeoutMs ?? requestTimeoutMs, deadline - Date.now()));
        return await wholeText(request, await attempt(requests, request, limitMs));
      } catch (error) {
        const pauseMs = await pauseBefore(error, attempts);
        if (pauseMs === undefined || Date.now() + pauseMs >= deadline) {
          throw error;
        }
        await pause(pauseMs, request.signal);
      }
    }
  }

  async function wholeText(request: TransportRequest, answered: Answered): Promise<TextAnswer> {
    const { response } = answered;
    if (response === undefined) {
      throw new Error('an attempt answers with a response');
    }
    try {
      const content = await readText(response.body, maxAnswerBytes, `${request.method} ${request.path}`);
      answered.done();
      return { text: content, contentType: String(response.headers['content-type'] ?? '') };
    } catch (error) {
      throw answered.failure(error);
    }
  }

  /** How long to pause before sending again, or undefined when the failure stands. */
  async function pauseBefore(error: unknown, attempts: number): Promise<number | undefined> {
    if (!(error instanceof KubeError)) {
      return undefined;
    }
    if (attempts === 1 && broken.has(error)) {
      return 0;
    }
    if (attempts === 1 && error.reason === 'Unauthorized' && connection.credential.kind === 'tokenFile') {
      const before = await tokens.current();
      return (await tokens.current(true)) === before ? undefined : 0;
    }
    const asked = (error.code === 429 || error.code === 503) && attempts < 5 ? error.retryAfterMs : undefined;
    // Everybody was told the same number: the jitter keeps us from coming back all at once.
    return asked === undefined ? undefined : asked + Math.random() * Math.max(100, asked / 4);
  }

  async function stream(request: TransportRequest): Promise<Readable> {
    const answered = await attempt(streams, request, request.timeoutMs ?? requestTimeoutMs);
    const body = answered.response?.body;
    if (body === undefined) {
      throw new Error('an attempt answers with a response');
    }
    answered.settled();
    body.once('close', answered.done);
    return body;
  }

  async function authorizationHeader(): Promise<string | undefined> {
    const token = await tokens.current();
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  return {
    server,
    connection,
    text,
    stream,
    authorization: authorizationHeader,
    redact: tokens.redact,
    close: async () => {
      await Promise.all([requests.destroy(), streams.destroy()]);
    },
  };
}

interface Answered {
  response?: Dispatcher.ResponseData;
  /** The head has come: stops the attempt's clock, for streams. */
  settled(): void;
  /** Nothing more is expected: lets go of clock and signal. */
  done(): void;
  /** What to throw for an error: the abort's reason when there was one. */
  failure(error: unknown): unknown;
}

async function readText(body: Readable, limit: number, operation: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > limit) {
      throw new KubeError('TooLarge', `${operation}: the answer is larger than ${limit} bytes; ask for less at once`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal?.reason ?? error;
  }
}

function queryString(query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined) {
        parameters.append(name, String(item));
      }
    }
  }
  const encoded = parameters.toString();
  return encoded === '' ? '' : `?${encoded}`;
}

/** Plain http is for simulators and fixtures on this machine: anywhere else the token would travel in the clear. */
function serverUrl(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  const loopback = url !== undefined && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (
    url === undefined ||
    url.username !== '' ||
    url.password !== '' ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))
  ) {
    throw new KubeError('Protocol', 'The server of a connection must be an https URL without user information.');
  }
  return url;
}

function connectOptions(connection: KubeConnection, timeout: number) {
  const { ca, credential, tlsServerName } = connection;
  const certificate = credential.kind === 'certificate' ? { cert: credential.cert, key: credential.key } : {};
  try {
    // Made once: parsing PEM for every connection would cost more than the handshake.
    const secureContext = createSecureContext({ ca, ...certificate });
    return {
      timeout,
      secureContext,
      rejectUnauthorized: true,
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    };
  } catch {
    throw new KubeError(
      'Certificate',
      'The CA, certificate or key of the connection cannot be read: they must be PEM and belong together.',
    );
  }
}
