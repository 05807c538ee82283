/**
 * watch: what is there (if asked for), then what happens. An event is put into words once for all who watch the same
 * way; each watch hands on what has come up once a turn of the event loop, in one piece.
 *
 * An object that stops matching the selector is sent as DELETED, one that starts to as ADDED.
 * Source: Kubernetes API concepts, "Efficient detection of changes", "Watch bookmarks", "Streaming lists".
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import type { ResourceType } from '../../resources/resource-type.ts';
import { type Change, Compacted, type Entry } from '../../store/store.ts';
import { ApiError, gone, invalid } from '../api-error.ts';
import type { FieldError } from '../field-error.ts';
import { type RenderOptions, renderObject } from '../rendering.ts';
import type { Call, VerbParts } from './call.ts';
import { integer, noVersion, predicateOf } from './read.ts';

export interface WatchOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion: string;
  readonly bookmarks: boolean;
  /** With `resourceVersionMatch=NotOlderThan`: what is there comes first, and a bookmark says where that ends. */
  readonly sendInitialEvents?: boolean;
  readonly timeoutMs: number;
}

export interface WatchSink {
  /** Whole events, each with its newline. */
  write(events: string, count: number): void;
  /** Nothing more will come. */
  end(): void;
}

const BOOKMARK_MS = 60_000;
/** The last one comes a little before the end, so that the next watch starts from there. */
const BOOKMARK_BEFORE_END_MS = 2_000;
const SHORTEST_MS = 1_800_000;

/** @throws ApiError 422 */
export function watchOptions(query: URLSearchParams): WatchOptions {
  const wrong: FieldError[] = [];
  const forbid = (detail: string) => wrong.push({ kind: 'Forbidden', field: 'resourceVersionMatch', detail });
  const initial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (initial !== null && match !== 'NotOlderThan') {
    forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match !== '') {
    if (initial === null) forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    if (match !== 'NotOlderThan') {
      const detail = 'supported values: "NotOlderThan"';
      wrong.push({ kind: 'NotSupported', field: 'resourceVersionMatch', detail, value: match });
    }
    if (query.get('continue')) forbid('resourceVersionMatch is forbidden when continue is provided');
  }
  if (wrong.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', wrong);
  const seconds = integer(query.get('timeoutSeconds'));
  const bookmarks = query.get('allowWatchBookmarks');
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    bookmarks: bookmarks !== null && bookmarks !== 'false' && bookmarks !== '0',
    ...(initial !== null && { sendInitialEvents: initial === 'true' || initial === '1' }),
    timeoutMs: seconds > 0 ? seconds * 1000 : SHORTEST_MS * (1 + Math.random()),
  };
}

/**
 * Starts to send; answers how to stop.
 *
 * @throws ApiError 400 for selectors, 500 for a version that is none; an expired version is an ERROR event
 */
export function watch(
  { store, clock }: VerbParts,
  call: Call,
  options: WatchOptions,
  render: RenderOptions,
  sink: WatchSink,
): () => void {
  const { type } = call;
  const predicate = predicateOf(call, options);
  const { resourceVersion } = options;
  if (!/^\d*$/.test(resourceVersion)) {
    throw new ApiError(500, '', noVersion(resourceVersion));
  }
  const since = Number(resourceVersion);
  const inScope = (entry: Entry): boolean => call.namespace === '' || entry.namespace === call.namespace;
  const matches = (entry: Entry): boolean => predicate === undefined || predicate(entry.object);

  let pending = '';
  let count = 0;
  let scheduled = false;
  let stopped = false;
  const words = eventWriter(type, render);

  const flush = (): void => {
    scheduled = false;
    if (pending === '') return;
    const events = pending;
    const itsCount = count;
    pending = '';
    count = 0;
    sink.write(events, itsCount);
  };
  const send = (event: string): void => {
    pending += event;
    count += 1;
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };
  const onChange = (change: Change): void => {
    const { entry, previous } = change;
    if (!inScope(entry) || change.revision <= since) return;
    if (predicate === undefined) {
      send(words.change(change.type, entry));
      return;
    }
    const before = previous !== undefined && matches(previous);
    const after = change.type !== 'DELETED' && matches(entry);
    if (before && after) send(words.change('MODIFIED', entry));
    else if (after) send(words.change('ADDED', entry));
    // What is no longer picked is sent as it was last picked.
    else if (before) send(words.left(change.type === 'DELETED' ? entry : previous, change.revision));
  };

  const initial = options.sendInitialEvents ?? (resourceVersion === '' || resourceVersion === '0');
  const bookmark = (annotations?: Record<string, string>): void =>
    send(words.bookmark(Math.max(store.revision, since), annotations));
  try {
    if (initial) {
      const { entries } = store.list(type.storage, call.namespace === '' ? {} : { namespace: call.namespace });
      for (const entry of entries) if (matches(entry)) send(words.change('ADDED', entry));
    } else if (since > 0) {
      for (const change of store.changesSince(type.storage, since)) onChange(change);
    }
    if (options.sendInitialEvents && options.bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } catch (error) {
    if (!(error instanceof Compacted)) throw error;
    const { status } = gone(`too old resource version: ${since} (${error.oldest + 1})`);
    sink.write(`${JSON.stringify({ type: 'ERROR', object: status })}\n`, 1);
    sink.end();
    return () => {};
  }
  const unsubscribe = store.onChange(type.storage, onChange);
  const ends = clock.now() + options.timeoutMs;
  let cancelBookmark = (): void => {};
  const bookmarkLater = (): void => {
    const left = ends - clock.now() - BOOKMARK_BEFORE_END_MS;
    if (left <= 0) return;
    cancelBookmark = clock.after(Math.min(BOOKMARK_MS, left), () => {
      bookmark();
      bookmarkLater();
    });
  };
  if (options.bookmarks) bookmarkLater();
  const cancelEnd = clock.after(options.timeoutMs, () => {
    stop();
    sink.end();
  });
  function stop(): void {
    if (stopped) return;
    stopped = true;
    flush();
    unsubscribe();
    cancelBookmark();
    cancelEnd();
  }
  return stop;
}

/** The last change in words, for the next watch that shows it in the same way. */
let last: { entry: Entry; type: ResourceType; as: RenderOptions['format']['as']; event: string } | undefined;

function eventWriter(type: ResourceType, render: RenderOptions) {
  const { as } = render.format;
  let headed = false;
  const put = (kind: string, object: string): string => `{"type":"${kind}","object":${object}}\n`;
  const rendered = (what: Entry | KubeObject): string => {
    // Only the first row of a watch comes with the names of its columns.
    const text = renderObject(type, what, { ...render, headers: !headed });
    headed = true;
    return text;
  };
  return {
    change(kind: string, entry: Entry): string {
      const shared = as !== 'Table';
      if (
        shared &&
        last?.entry === entry &&
        last.type === type &&
        last.as === as &&
        last.event.startsWith(`{"type":"${kind}"`)
      ) {
        return last.event;
      }
      const event = put(kind, rendered(entry));
      if (shared) last = { entry, type, as, event };
      return event;
    },
    left({ object }: Entry, revision: number): string {
      const metadata = { ...object.metadata, resourceVersion: String(revision) };
      return put('DELETED', rendered({ ...object, apiVersion: apiVersionOf(type), metadata }));
    },
    bookmark(revision: number, annotations?: Record<string, string>): string {
      const metadata = { resourceVersion: String(revision), ...(annotations && { annotations }) };
      if (as !== undefined)
        return put(
          'BOOKMARK',
          rendered({ kind: type.kind, apiVersion: apiVersionOf(type), metadata: { name: '', ...metadata } }),
        );
      const { kind } = type;
      return put('BOOKMARK', JSON.stringify({ kind, apiVersion: apiVersionOf(type), metadata }));
    },
  };
}
