/**
 * An informer keeps a cache of all objects of a kind and tells of changes.
 *
 * It lists once and then watches from the list's resource version. What can go wrong with a watch is ordinary, and each case has its way back:
 *
 * | what happens | what the informer does |
 * |---|---|
 * | the server ends the watch (every few minutes), the connection is cut, 429, 5xx | waits (backoff, Retry-After), watches on from the last version seen |
 * | 410 Gone, as status or as event | lists again |
 * | silence beyond `idleMs`, not even a bookmark | gives the connection up, lists again (no failure yet: on a cluster where nothing happens bookmarks can take minutes) |
 * | a broken event, 401, 403, 404 | waits, lists again |
 * | `relistMs` (with jitter) since the last list | lists again, since a watch that lost an event looks healthy |
 *
 * A list is compared with the cache, so that nobody misses what happened in between: objects that are gone are told as `deleted`, and one
 * that was replaced under the same name (another uid) as `deleted` and `added`. While the server is away the cache stays readable and
 * `healthy()` says that it may be old. Handlers are hints to look at the cache, not a log: between two calls an object may have changed twice.
 * Sources: Kubernetes API concepts, "Efficient detection of changes"; the reflector of client-go.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import { isKubeError, type KubeError } from './error.ts';
import { type KubeObject, objectKey } from './object.ts';
import type { Resource } from './resource.ts';

export interface Change<T extends KubeObject> {
  type: 'added' | 'modified' | 'deleted';
  /** For `deleted`, the last state known. */
  object: T;
  /** For `modified`. */
  previous?: T;
}

export interface Informer<T extends KubeObject> {
  /** From the cache; `namespace` is undefined or '' for cluster-scoped kinds. Do not change what you get. */
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): T[];
  /** Tells of every change from now on, after telling of what is cached already as `added`. Answers how to stop. */
  onChange(handler: (change: Change<T>) => void): () => void;
  /** Resolves when the first list is in the cache; rejects when the informer is stopped before. */
  readonly synced: Promise<void>;
  /** True while the cache follows the server: synced, the last contact was no failure and is not too long ago. */
  healthy(): boolean;
  /** Ends the watch; the cache stays readable. */
  stop(): void;
}

export interface InformerOptions<T extends KubeObject> {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Drops what need not be kept. Managed fields, half of a typical object, are dropped in any case. */
  transform?: (object: T) => T;
  /** Time between full lists, ± 10 %; 10 min by default. */
  relistMs?: number;
  /** Silence after which a watch counts as dead; 150 s by default. */
  idleMs?: number;
  signal?: AbortSignal;
  /** Failures on the way (which are survived), and errors of handlers. */
  onError?: (error: unknown) => void;
  random?: () => number;
}

const BACKOFF = { baseMs: 200, maxMs: 10_000 };
/** A watch that lived this long was a good one: the next failure starts at the shortest wait. */
const GOOD_AFTER_MS = 5_000;

export function startInformer<T extends KubeObject>(
  client: Pick<KubeClient, 'list' | 'watch'>,
  resource: Resource<T>,
  options: InformerOptions<T> = {},
): Informer<T> {
  const {
    relistMs = 600_000,
    idleMs = 150_000,
    random = Math.random,
    namespace,
    labelSelector,
    fieldSelector,
  } = options;
  const scope = { namespace, labelSelector, fieldSelector };
  const controller = new AbortController();
  const { signal } = controller;
  const handlers = new Set<(change: Change<T>) => void>();
  let cache = new Map<string, T>();
  let failures = 0;
  let failing = false;
  let contactAt = 0;
  let isSynced = false;
  const synced = Promise.withResolvers<void>();
  // Whoever does not wait for it must not be killed by it.
  synced.promise.catch(() => undefined);

  const transform = (object: T): T => {
    delete object.metadata.managedFields;
    return options.transform === undefined ? object : options.transform(object);
  };

  function report(error: unknown): void {
    try {
      options.onError?.(error);
    } catch {
      // An error handler that throws has nobody left to tell.
    }
  }

  function emit(change: Change<T>, to: Iterable<(change: Change<T>) => void> = handlers): void {
    for (const handler of to) {
      try {
        handler(change);
      } catch (error) {
        report(error);
      }
    }
  }

  /** The changes that lead from one state of an object to the next. */
  function* difference(previous: T | undefined, object: T): Generator<Change<T>> {
    if (previous !== undefined && previous.metadata.uid === object.metadata.uid) {
      if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) {
        yield { type: 'modified', object, previous };
      }
      return;
    }
    if (previous !== undefined) {
      yield { type: 'deleted', object: previous };
    }
    yield { type: 'added', object };
  }

  /** Takes a full list over; the cache is whole again before anybody is told. */
  function replace(items: T[]): void {
    const before = cache;
    cache = new Map(items.map((item) => [objectKey(item.metadata), item]));
    for (const [key, object] of before) {
      if (!cache.has(key)) {
        emit({ type: 'deleted', object });
      }
    }
    for (const [key, object] of [...cache]) {
      for (const change of difference(before.get(key), object)) {
        emit(change);
      }
    }
  }

  function take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      return;
    }
    const object = transform(event.object);
    const key = objectKey(object.metadata);
    const previous = cache.get(key);
    if (event.type === 'DELETED') {
      cache.delete(key);
      if (previous !== undefined) {
        emit({ type: 'deleted', object });
      }
      return;
    }
    cache.set(key, object);
    for (const change of difference(previous, object)) {
      emit(change);
    }
  }

  function contact(): void {
    failing = false;
    contactAt = Date.now();
  }

  /** Waits after a failure; longer the more there were in a row, and at least as long as the server asks. */
  async function pause(error: unknown): Promise<void> {
    failures += 1;
    const askedMs = (error as Partial<KubeError> | undefined)?.retryAfterMs ?? 0;
    await sleep(Math.max(backoffMs(BACKOFF, failures, random), askedMs), undefined, { signal }).catch(() => undefined);
  }

  /** Watches from a version until it is time to list again. */
  async function follow(listed: string): Promise<void> {
    let resourceVersion = listed;
    const relistAt = Date.now() + relistMs * (0.9 + random() * 0.2);
    while (!signal.aborted && Date.now() < relistAt) {
      const openedAt = Date.now();
      let opened = false;
      const onOpen = () => {
        opened = true;
        contact();
      };
      try {
        const timeoutSeconds = Math.ceil(Math.min(300 + random() * 300, Math.max(1, (relistAt - openedAt) / 1000)));
        const events = client.watch(resource, {
          ...scope,
          resourceVersion,
          signal,
          timeoutSeconds,
          idleTimeoutMs: idleMs,
          onOpen,
        });
        for await (const event of events) {
          contact();
          failures = 0;
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          take(event);
        }
        if (Date.now() - openedAt >= GOOD_AFTER_MS) {
          failures = 0;
        } else if (!signal.aborted && Date.now() < relistAt) {
          // A server that ends every watch at once must not be asked in a tight loop.
          await pause(undefined);
        }
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        if (Date.now() - openedAt >= GOOD_AFTER_MS) {
          failures = 0;
        }
        if (opened && isKubeError(error, 'Timeout')) {
          return;
        }
        if (isKubeError(error, 'Gone') && failures === 0) {
          failures = 1;
          return;
        }
        failing = !isKubeError(error, 'Gone');
        report(error);
        await pause(error);
        if (!isKubeError(error, 'Unreachable', 'TooManyRequests', 'ServerError')) {
          return;
        }
      }
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        const list = await client.list(resource, { ...scope, transform, signal });
        if (signal.aborted) {
          return;
        }
        contact();
        replace(list.items);
        isSynced = true;
        synced.resolve();
        await follow(list.resourceVersion);
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        failing = true;
        report(error);
        await pause(error);
      }
    }
  }

  function stop(): void {
    controller.abort();
    options.signal?.removeEventListener('abort', stop);
    synced.reject(new Error(`The informer of ${resource.plural} was stopped.`));
  }

  if (options.signal?.aborted) {
    stop();
  } else {
    options.signal?.addEventListener('abort', stop, { once: true });
    void run();
  }

  return {
    get: (inNamespace, name) => cache.get(objectKey({ namespace: inNamespace, name })),
    list(inNamespace) {
      const all = [...cache.values()];
      return inNamespace === undefined ? all : all.filter((object) => object.metadata.namespace === inNamespace);
    },
    onChange(handler) {
      handlers.add(handler);
      for (const object of [...cache.values()]) {
        emit({ type: 'added', object }, [handler]);
      }
      return () => handlers.delete(handler);
    },
    synced: synced.promise,
    healthy: () => isSynced && !failing && !signal.aborted && Date.now() - contactAt < idleMs + 30_000,
    stop,
  };
}
