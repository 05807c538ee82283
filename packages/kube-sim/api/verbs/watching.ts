/**
 * watch: what is there (if asked for), then what happens. An event is put into words once for all who watch the same
 * way; each watch hands on what has come up once a turn of the event loop, in one piece.
 *
 * An object that stops matching the selector is sent as DELETED, one that starts to as ADDED.
 * Source: Kubernetes API concepts, "Efficient detection of changes", "Watch bookmarks", "Streaming lists".
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { gone } from '@kubenova/kube-model/api-error.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { type Change, Compacted, type Entry } from '@kubenova/kube-model/store.ts';
import { type RenderOptions, renderObject } from '../rendering.ts';
import type { Call, VerbParts } from './call.ts';
import { checkVersion, type ListOptions, predicateOf } from './read.ts';

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

/**
 * Starts to send; answers how to stop.
 *
 * @throws ApiError 400 for selectors, 500 for a version that is none; an expired version is an ERROR event
 */
export function watch(
  { store, clock }: VerbParts,
  call: Call,
  options: ListOptions,
  render: RenderOptions,
  sink: WatchSink,
): () => void {
  const { type, namespace } = call;
  const picks = predicateOf(call, options);
  const { resourceVersion = '', allowWatchBookmarks: bookmarks, sendInitialEvents, timeoutSeconds = 0 } = options;
  const timeoutMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 : SHORTEST_MS * (1 + Math.random());
  checkVersion(resourceVersion);
  const since = Number(resourceVersion);
  const matches = (entry: Entry | undefined): entry is Entry => entry !== undefined && (picks?.(entry) ?? true);

  let pending = '';
  let count = 0;
  const words = eventWriter(type, render);
  const flush = (): void => {
    const [events, itsCount] = [pending, count];
    pending = '';
    count = 0;
    if (events !== '') sink.write(events, itsCount);
  };
  const send = (event: string): void => {
    if (pending === '') setImmediate(flush);
    pending += event;
    count += 1;
  };
  const onChange = (change: Change): void => {
    const { entry, previous, revision } = change;
    if ((namespace !== '' && entry.namespace !== namespace) || revision <= since) return;
    const before = matches(previous);
    const after = change.type !== 'DELETED' && matches(entry);
    if (picks === undefined) send(words.change(change.type, entry));
    else if (after) send(words.change(before ? 'MODIFIED' : 'ADDED', entry));
    // What is no longer picked is sent as it was last picked.
    else if (before) send(words.left(change.type === 'DELETED' ? entry : previous, revision));
  };
  const bookmark = (annotations?: Record<string, string>): void =>
    send(words.bookmark(Math.max(store.revision, since), annotations));

  try {
    if (sendInitialEvents ?? since === 0) {
      const { entries } = store.list(type.storage, namespace === '' ? {} : { namespace });
      for (const entry of entries) if (matches(entry)) send(words.change('ADDED', entry));
    } else if (since > 0) {
      for (const change of store.changesSince(type.storage, since)) onChange(change);
    }
    if (sendInitialEvents && bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } catch (error) {
    if (!(error instanceof Compacted)) throw error;
    const { status } = gone(`too old resource version: ${since} (${error.oldest + 1})`);
    sink.write(`${JSON.stringify({ type: 'ERROR', object: status })}\n`, 1);
    sink.end();
    return () => {};
  }
  const ends = clock.now() + timeoutMs;
  let cancelBookmark = (): void => {};
  const bookmarkLater = (): void => {
    const left = ends - clock.now() - BOOKMARK_BEFORE_END_MS;
    if (left <= 0) return;
    cancelBookmark = clock.after(Math.min(BOOKMARK_MS, left), () => {
      bookmark();
      bookmarkLater();
    });
  };
  if (bookmarks) bookmarkLater();
  const unsubscribe = store.onChange(type.storage, onChange);
  const cancelEnd = clock.after(timeoutMs, () => {
    stop();
    sink.end();
  });
  function stop(): void {
    flush();
    unsubscribe();
    cancelBookmark();
    cancelEnd();
  }
  return stop;
}

/** The last change in words, for the next watch that shows it in the same way. */
let last: { entry: Entry; type: ResourceType; as: string | undefined; kind: string; event: string } | undefined;

function eventWriter(type: ResourceType, render: RenderOptions) {
  const { as } = render.format;
  const { kind } = type;
  const apiVersion = apiVersionOf(type);
  let headers = true;
  const put = (event: string, what: Entry | KubeObject): string => {
    const object = renderObject(type, what, { ...render, headers });
    // Only the first row of a watch comes with the names of its columns.
    headers = false;
    return `{"type":"${event}","object":${object}}\n`;
  };
  return {
    change(event: string, entry: Entry): string {
      if (as === 'Table') return put(event, entry);
      if (last?.entry !== entry || last.type !== type || last.as !== as || last.kind !== event) {
        last = { entry, type, as, kind: event, event: put(event, entry) };
      }
      return last.event;
    },
    left({ object }: Entry, revision: number): string {
      const metadata = { ...object.metadata, resourceVersion: String(revision) };
      return put('DELETED', { ...object, apiVersion, metadata });
    },
    bookmark(revision: number, annotations?: Record<string, string>): string {
      const metadata = { resourceVersion: String(revision), ...(annotations && { annotations }) };
      return put('BOOKMARK', { kind, apiVersion, metadata } as KubeObject);
    },
  };
}
