/**
 * The Kubernetes client: typed calls on resources over one transport.
 *
 * Every failure is a KubeError with a closed `reason`; when a caller's signal aborts, its own reason is thrown instead.
 * Each attempt has `requestTimeoutMs`, a call with its repetitions three times that.
 */
import type { Readable } from 'node:stream';
import type { KubeConnection } from './connection.ts';
import { isKubeError, KubeError } from './error.ts';
import { type ImpersonatedUser, impersonationHeaders } from './impersonation.ts';
import { listPages } from './list-pages.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { collectionPath, objectPath, type Resource } from './resource.ts';
import { createTransport, type Query, type Transport, type TransportRequest } from './transport.ts';
import { type WatchEvent, watchConnection } from './watch.ts';

export type { ImpersonatedUser } from './impersonation.ts';
export type { WatchEvent } from './watch.ts';

export interface CallOptions {
  signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /** E.g. `status` or `scale`. */
  subresource?: string;
}

export interface ListOptions<T extends KubeObject = KubeObject> extends CallOptions {
  /** All namespaces when absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects a page; 500 by default. All pages are walked. */
  limit?: number;
  /** Applied to each object as its page comes in, so that what is dropped never adds up. */
  transform?: (object: T) => T;
}

export interface WriteOptions extends CallOptions {
  fieldManager?: string;
  dryRun?: boolean;
  subresource?: string;
  /** What the server does with unknown and duplicate fields; it warns by default. */
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Takes fields over that other managers own, instead of failing with `Conflict`. */
  force?: boolean;
}

export interface PatchOptions extends WriteOptions {
  type: 'merge' | 'json' | 'strategic';
}

export interface DeleteOptions extends CallOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Delete only this very object: `Conflict` when the name now belongs to another. */
  uid?: string;
  gracePeriodSeconds?: number;
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** From a list or the last event: changes after it are sent. */
  resourceVersion: string;
  signal: AbortSignal;
  /** How long the server keeps it open; a random 5 to 10 minutes by default, so that many watches do not end at once. */
  timeoutSeconds?: number;
  /** Silence after which it counts as dead; 150 s by default (bookmarks come every 60 s, or with the next change anywhere on a quiet cluster). */
  idleTimeoutMs?: number;
  /** Called once the server has accepted the watch, which on a quiet cluster is long before the first event. */
  onOpen?: () => void;
}

export interface RequestOptions extends CallOptions {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  contentType?: string;
  timeoutMs?: number;
}

export interface ObjectList<T extends KubeObject> {
  items: T[];
  /** Of the list as a whole: where a watch goes on. */
  resourceVersion: string;
}

export interface KubeClient {
  readonly server: string;
  /** @throws KubeError `NotFound` and others */
  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options?: GetOptions): Promise<T>;
  /** As `get`, but undefined when the object is not there. */
  find<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options?: GetOptions): Promise<T | undefined>;
  /** Walks all pages, and starts over when the list expires on the way. */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions<T>): Promise<ObjectList<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Server-side apply: creates or updates, and owns exactly the fields given. */
  apply<T extends KubeObject>(resource: Resource<T>, object: T, options: ApplyOptions): Promise<T>;
  patch<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<T>;
  /** With `metadata.resourceVersion` it is an optimistic lock: `Conflict` when the object has changed since. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Resolves when the server has accepted it or the object is not there; finalizers may keep the object for longer. */
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** One watch connection; see `watch.ts` for how it ends. Use an informer for one that goes on. */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Any path; parsed JSON, or the text when the answer is plain text (`/readyz`). */
  request(method: TransportRequest['method'], path: string, options?: RequestOptions): Promise<unknown>;
  /** Opens a streaming GET, e.g. a Pod's log; destroy it or abort the signal to end it. */
  stream(
    path: string,
    options?: { query?: Query; signal?: AbortSignal; headers?: Record<string, string> },
  ): Promise<Readable>;
  /** A client on the same transport that acts as somebody else; closing it does nothing. */
  impersonate(user: ImpersonatedUser): KubeClient;
  /** Ends every request and stream. */
  close(): Promise<void>;
}

export interface KubeClientOptions {
  userAgent?: string;
  /** One attempt, 10 s by default. */
  requestTimeoutMs?: number;
  /** A call with its repetitions, three attempts long by default. */
  overallTimeoutMs?: number;
  connectTimeoutMs?: number;
  /** Connections for requests; streams have their own. 16 by default. */
  maxConnections?: number;
  /** Largest answer taken, 64 MiB by default. */
  maxAnswerBytes?: number;
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

const LIST_RESTARTS = 3;

/** @throws KubeError `Certificate` or `Protocol` when the connection itself is no good */
export function createKubeClient(connection: KubeConnection, options: KubeClientOptions = {}): KubeClient {
  const { requestTimeoutMs = 10_000 } = options;
  const transport = createTransport(connection, {
    overallTimeoutMs: requestTimeoutMs * 3,
    ...options,
    requestTimeoutMs,
  });
  return clientOn(transport, {}, () => transport.close());
}

function clientOn(
  transport: Transport,
  headers: Readonly<Record<string, string | string[]>>,
  close: () => Promise<void>,
): KubeClient {
  async function json(request: TransportRequest): Promise<unknown> {
    const { text, contentType } = await transport.text({ ...request, headers: { ...request.headers, ...headers } });
    if (text === '') {
      return undefined;
    }
    if (contentType.startsWith('text/plain')) {
      return text;
    }
    try {
      return JSON.parse(text) as unknown;
    } catch {
      const type = contentType.split(';')[0];
      throw new KubeError(
        'Protocol',
        `${request.method} ${request.path} at ${transport.server}: answered with ${type === '' ? 'something' : type} that is not JSON; check that the server address points at a Kubernetes API server`,
      );
    }
  }

  async function object<T extends KubeObject>(resource: Resource<T>, request: TransportRequest): Promise<T> {
    const value = await json({ ...request, confidential: resource.kind === 'Secret' });
    if (typeof value !== 'object' || value === null || !('kind' in value)) {
      throw new KubeError(
        'Protocol',
        `${request.method} ${request.path} at ${transport.server}: the answer is not a Kubernetes object`,
      );
    }
    return value as T;
  }

  const client: KubeClient = {
    server: transport.server,

    get: (resource, ref, { signal, subresource } = {}) =>
      object(resource, { method: 'GET', path: objectPath(resource, ref, subresource), signal, repeatable: true }),

    async find(resource, ref, options) {
      try {
        return await client.get(resource, ref, options);
      } catch (error) {
        if (isKubeError(error, 'NotFound')) {
          return undefined;
        }
        throw error;
      }
    },

    async list(resource, options = {}) {
      for (let restarts = 0; ; restarts += 1) {
        try {
          return await listPages(json, resource, options);
        } catch (error) {
          if (!isKubeError(error, 'Gone') || restarts === LIST_RESTARTS) {
            throw error;
          }
        }
      }
    },

    create: (resource, value, options = {}) =>
      object(resource, {
        method: 'POST',
        path: collectionPath(resource, namespaceOf(resource, value)),
        query: writeQuery(options),
        body: JSON.stringify(value),
        signal: options.signal,
      }),

    apply: (resource, value, options) =>
      object(resource, {
        method: 'PATCH',
        path: objectPath(resource, value.metadata, options.subresource),
        query: { ...writeQuery(options), force: options.force === true ? true : undefined },
        body: JSON.stringify(withoutManagedFields(value)),
        contentType: 'application/apply-patch+yaml',
        signal: options.signal,
        repeatable: true,
      }),

    patch: (resource, ref, patch, options) =>
      object(resource, {
        method: 'PATCH',
        path: objectPath(resource, ref, options.subresource),
        query: writeQuery(options),
        body: JSON.stringify(patch),
        contentType: PATCH_TYPES[options.type],
        signal: options.signal,
      }),

    replace: (resource, value, options = {}) =>
      object(resource, {
        method: 'PUT',
        path: objectPath(resource, value.metadata, options.subresource),
        query: writeQuery(options),
        body: JSON.stringify(value),
        signal: options.signal,
      }),

    async delete(resource, ref, { propagationPolicy = 'Background', uid, gracePeriodSeconds, signal } = {}) {
      const preconditions = uid === undefined ? undefined : { uid };
      try {
        await json({
          method: 'DELETE',
          path: objectPath(resource, ref),
          body: JSON.stringify({
            kind: 'DeleteOptions',
            apiVersion: 'v1',
            propagationPolicy,
            preconditions,
            gracePeriodSeconds,
          }),
          signal,
          // Without a uid, a second delete could hit an object that was created in between.
          repeatable: uid !== undefined,
        });
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) {
          throw error;
        }
      }
    },

    watch: (resource, options) =>
      watchConnection(transport, {
        path: collectionPath(resource, options.namespace),
        query: {
          labelSelector: options.labelSelector,
          fieldSelector: options.fieldSelector,
          resourceVersion: options.resourceVersion,
        },
        headers,
        signal: options.signal,
        timeoutSeconds: options.timeoutSeconds ?? 300 + Math.floor(Math.random() * 300),
        idleTimeoutMs: options.idleTimeoutMs ?? 150_000,
        onOpen: options.onOpen,
        confidential: resource.kind === 'Secret',
      }),

    request: (method, path, { query, body, headers: own, contentType, signal, timeoutMs } = {}) =>
      json({
        method,
        path: rooted(path),
        query,
        headers: own,
        body: body === undefined ? undefined : JSON.stringify(body),
        contentType,
        signal,
        timeoutMs,
        repeatable: method === 'GET',
      }),

    stream: (path, { query, signal, headers: own } = {}) =>
      transport.stream({
        method: 'GET',
        path: rooted(path),
        query,
        signal,
        headers: { accept: '*/*', ...own, ...headers },
      }),

    impersonate: (user) => clientOn(transport, impersonationHeaders(user), async () => undefined),
    close,
  };
  CONNECTIONS.set(client, { transport, headers });
  return client;
}

/** What a protocol that dials for itself (exec) needs of a client; kept out of the interface, so that a fake client need not have it. */
export interface ClientConnection {
  transport: Transport;
  headers: Readonly<Record<string, string | string[]>>;
}

const CONNECTIONS = new WeakMap<KubeClient, ClientConnection>();

/** @throws TypeError for a client that `createKubeClient` did not make */
export function connectionOf(client: KubeClient): ClientConnection {
  const connection = CONNECTIONS.get(client);
  if (connection === undefined) {
    throw new TypeError('This needs a client that createKubeClient made.');
  }
  return connection;
}

function writeQuery({ fieldManager, dryRun, fieldValidation }: WriteOptions): Query {
  return { fieldManager, dryRun: dryRun === true ? 'All' : undefined, fieldValidation };
}

function namespaceOf(resource: Resource, object: KubeObject): string | undefined {
  const { namespace } = object.metadata;
  if (resource.namespaced && (namespace === undefined || namespace === '')) {
    throw new TypeError(`${resource.kind} ${object.metadata.name} needs a namespace.`);
  }
  return namespace;
}

/** The server refuses an apply that carries managed fields, as every object that was read does. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) {
    return object;
  }
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function rooted(path: string): string {
  if (!path.startsWith('/')) {
    throw new TypeError('A path of the API server starts with a slash.');
  }
  return path;
}
