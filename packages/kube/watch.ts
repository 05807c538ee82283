/**
 * One watch: a GET whose answer never wants to end, one JSON event a line.
 *
 * It covers a single connection. It ends quietly when the server closes it in order (every server does after `timeoutSeconds`) or when
 * the signal aborts, and throws when something is wrong: `Gone` when the resource version has expired (as HTTP status or as ERROR event),
 * `Unreachable` when the connection was cut, `Timeout` when nothing at all came for `idleTimeoutMs` (a half-open connection looks just
 * like a quiet cluster; bookmarks, which we ask for, come about every minute, though not before the first change, and tell them apart). What to do then is the informer's
 * business: see `informer.ts` for the loop that resumes and relists.
 * Source: Kubernetes API concepts, "Efficient detection of changes" and "Watch bookmarks".
 */
import { KubeError, type Status } from './error.ts';
import { createLineSplitter } from './json-lines.ts';
import type { KubeObject } from './object.ts';
import { reasonForCode } from './response-error.ts';
import type { Query, Transport, TransportRequest } from './transport.ts';
import { errorFromTransport } from './transport-error.ts';

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  /** Nothing changed up to `object.metadata.resourceVersion`; the other fields are empty. */
  | { type: 'BOOKMARK'; object: T };

export interface WatchRequest {
  path: string;
  query: Query;
  headers?: TransportRequest['headers'];
  signal: AbortSignal;
  /** How long the server should keep it open, in seconds. */
  timeoutSeconds: number;
  /** Silence after which it counts as dead, in ms. */
  idleTimeoutMs: number;
  onOpen?: () => void;
  confidential?: boolean;
}

/** How much longer than agreed we wait for the server to end a watch before we do. */
const GRACE_MS = 10_000;

export async function* watchConnection<T extends KubeObject>(
  transport: Transport,
  request: WatchRequest,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  if (request.signal.aborted) {
    return;
  }
  const operation = `WATCH ${request.path}`;
  const controller = new AbortController();
  const onAbort = () => controller.abort(request.signal.reason);
  request.signal.addEventListener('abort', onAbort, { once: true });
  let overdue = false;
  const lifetime = setTimeout(
    () => {
      overdue = true;
      controller.abort();
    },
    request.timeoutSeconds * 1000 + GRACE_MS,
  );
  const silent = new KubeError(
    'Timeout',
    `${operation} at ${transport.server}: silent for ${request.idleTimeoutMs} ms`,
  );
  const watchdog = setTimeout(() => controller.abort(silent), request.idleTimeoutMs);

  try {
    const body = await transport.stream({
      method: 'GET',
      path: request.path,
      query: { ...request.query, watch: 1, allowWatchBookmarks: true, timeoutSeconds: request.timeoutSeconds },
      headers: request.headers,
      confidential: request.confidential,
      signal: controller.signal,
    });
    request.onOpen?.();
    watchdog.refresh();
    const splitter = createLineSplitter();
    for await (const chunk of body) {
      watchdog.refresh();
      for (const line of splitter.push(chunk as Buffer)) {
        yield readEvent<T>(line, operation);
        // The consumer may have taken its time; that is not the server's silence.
        watchdog.refresh();
      }
    }
    if (splitter.pendingBytes() > 0) {
      throw new KubeError('Unreachable', `${operation} at ${transport.server}: the connection was cut inside an event`);
    }
  } catch (error) {
    if (request.signal.aborted || overdue) {
      return;
    }
    if (controller.signal.aborted) {
      throw controller.signal.reason;
    }
    throw errorFromTransport(operation, transport.server, error);
  } finally {
    clearTimeout(lifetime);
    clearTimeout(watchdog);
    request.signal.removeEventListener('abort', onAbort);
    controller.abort();
  }
}

function readEvent<T extends KubeObject>(line: string, operation: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line) as { type?: unknown; object?: unknown };
  } catch {
    throw new KubeError('Protocol', `${operation}: an event is not JSON`);
  }
  const { type, object } = event ?? {};
  if (type === 'ERROR') {
    const status = object as Status | undefined;
    const code = status?.code ?? 500;
    const retryAfterMs = status?.details?.retryAfterSeconds;
    throw new KubeError(
      reasonForCode(code, status),
      `${operation}: ${status?.message ?? 'the server ended the watch with an error'}`,
      {
        code,
        status,
        retryAfterMs: retryAfterMs === undefined ? undefined : retryAfterMs * 1000,
      },
    );
  }
  const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (!known || typeof object !== 'object' || object === null || !('metadata' in object)) {
    throw new KubeError('Protocol', `${operation}: an event is not a watch event`);
  }
  return { type, object: object as T };
}
