/**
 * Hears of changed status: after each commit of one, `NOTIFY kubenova_changes, '<key>'` is sent (a key is that of the
 * reconcile queue). One connection listens for the whole process, and only while someone waits.
 *
 * Notifications can be lost with a connection. So a waiter looks again when listening resumes, and every few seconds.
 */
import pg from 'pg';
import type { ReconcileKey } from '../reconcile/key.ts';

const CHANNEL = 'kubenova_changes';
const RETRY_MS = 500;
const LOOK_AGAIN_MS = 3_000;

export interface Changes {
  /**
   * Waits until `check` answers true, looking whenever the key changes.
   *
   * @returns true when it did; false when the time was up or the signal aborted
   */
  until(
    key: ReconcileKey,
    check: () => Promise<boolean>,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<boolean>;
  close(): Promise<void>;
}

export interface ChangesOptions {
  url: string;
  onError?: (error: unknown) => void;
}

type Listener = () => void;

export function createChanges(options: ChangesOptions): Changes {
  const listeners = new Map<string, Set<Listener>>();
  let client: pg.Client | undefined;
  let opening: Promise<void> | undefined;
  let closed = false;

  function notify(key?: string): void {
    const concerned = key === undefined ? [...listeners.values()] : [listeners.get(key) ?? new Set<Listener>()];
    for (const set of concerned) for (const listener of [...set]) listener();
  }

  async function open(): Promise<void> {
    const next = new pg.Client({
      connectionString: options.url,
      application_name: 'kubenova-changes',
      keepAlive: true,
    });
    next.on('error', (error) => options.onError?.(error));
    next.on('end', () => {
      if (client === next) client = undefined;
      if (!closed && listeners.size > 0) setTimeout(listen, RETRY_MS).unref();
    });
    next.on('notification', (message) => notify(message.payload ?? ''));
    await next.connect();
    await next.query(`LISTEN ${CHANNEL}`);
    client = next;
    notify();
  }

  function listen(): Promise<void> {
    if (closed || client !== undefined) return Promise.resolve();
    opening ??= open()
      .catch((error: unknown) => {
        options.onError?.(error);
        if (!closed && listeners.size > 0) setTimeout(listen, RETRY_MS).unref();
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
  }

  return {
    async until(key, check, { timeoutMs, signal }) {
      if (await check()) return true;
      const deadline = Date.now() + timeoutMs;
      let wake: Listener = () => undefined;
      let pending = false;
      const listener = () => {
        pending = true;
        wake();
      };
      const set = listeners.get(key) ?? new Set<Listener>();
      listeners.set(key, set.add(listener));
      signal.addEventListener('abort', listener);
      try {
        await listen();
        while (!signal.aborted && !closed) {
          if (await check()) return true;
          const left = deadline - Date.now();
          if (left <= 0) return false;
          if (!pending)
            await nap(Math.min(left, LOOK_AGAIN_MS), (resume) => {
              wake = resume;
            });
          pending = false;
        }
        return false;
      } finally {
        signal.removeEventListener('abort', listener);
        set.delete(listener);
        if (set.size === 0) listeners.delete(key);
      }
    },
    async close() {
      closed = true;
      notify();
      await opening;
      await client?.end().catch(() => undefined);
    },
  };
}

function nap(ms: number, expose: (resume: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    expose(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
