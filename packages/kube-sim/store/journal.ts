/**
 * Keeps a cluster over restarts: a file with one line a change, replayed at the start. Objects come back as they were but
 * for their `resourceVersion`, as after a restore of etcd: every client starts with a list anyway.
 *
 * A line is `["<storage>",<object>]` for what is there and `["<storage>","<namespace>","<name>"]` for what is gone. Lines
 * go to the disk a moment later, so a killed process loses that moment and nothing else: a last line that was cut off is
 * dropped.
 */
import { createWriteStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Change, Store } from '@kubenova/kube-model/store.ts';

export interface Journal {
  /** Writes what is not on the disk yet. */
  close(): Promise<void>;
}

/** How long a change may wait for others, in milliseconds. */
const GATHER_MS = 20;

/**
 * Fills an empty store from a journal, if there is one, and keeps it from then on.
 *
 * @param onError told when the file cannot be written any more; the cluster goes on without it
 * @throws SyntaxError when a line in the middle of the file is broken
 */
export function keepJournal(store: Store, file: string, onError: (error: Error) => void): Journal {
  if (existsSync(file)) replay(store, readFileSync(file, 'utf8'));
  // Rewritten at each start, so that it holds what is there and not all that ever was.
  writeFileSync(`${file}.new`, snapshotOf(store), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  const stream = createWriteStream(file, { flags: 'a' });
  stream.on('error', onError);
  let waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) stream.write(waiting.join(''));
    waiting = [];
  };
  const stopListening = store.onChange(undefined, (change) => {
    waiting.push(lineOf(change));
    timer ??= setTimeout(flush, GATHER_MS).unref();
  });
  return {
    async close() {
      stopListening();
      flush();
      await new Promise<void>((resolve) => stream.end(() => resolve()));
    },
  };
}

function lineOf({ type, storage, entry }: Change): string {
  return type === 'DELETED'
    ? `${JSON.stringify([storage, entry.namespace, entry.name])}\n`
    : `[${JSON.stringify(storage)},${entry.json}]\n`;
}

function snapshotOf(store: Store): string {
  return store
    .storages()
    .flatMap((storage) => store.list(storage).entries.map((entry) => `[${JSON.stringify(storage)},${entry.json}]\n`))
    .join('');
}

function replay(store: Store, text: string): void {
  // What follows the last line's end was cut off.
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') continue;
    const [storage, what, name] = JSON.parse(line) as [string, KubeObject | string, string?];
    if (typeof what === 'string') {
      const gone = store.get(storage, what, name ?? '');
      if (gone !== undefined) store.remove(storage, gone);
    } else {
      store.put(storage, what, store.get(storage, what.metadata.namespace ?? '', what.metadata.name));
    }
  }
}
