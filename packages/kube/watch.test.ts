import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient, type WatchOptions } from './client.ts';
import { ConfigMap } from './kinds/core.ts';
import { type ConfigMapServer, startConfigMapServer } from './testing/config-map-server.ts';
import { sendStatus } from './testing/fixture-server.ts';
import { until } from './testing/until.ts';

let server: ConfigMapServer;
let client: KubeClient;

beforeEach(async () => {
  server = await startConfigMapServer();
  client = createKubeClient({ server: server.fixture.url, credential: { kind: 'token', token: 't' } });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

/** Watches until the watch ends, and keeps what came. */
function follow(options: Partial<WatchOptions> = {}) {
  const controller = new AbortController();
  const seen: string[] = [];
  const done = (async () => {
    const events = client.watch(ConfigMap, { resourceVersion: '100', signal: controller.signal, ...options });
    for await (const { type, object } of events) {
      seen.push(`${type} ${object.metadata.name ?? ''}`.trim());
    }
  })();
  done.catch(() => undefined);
  return { controller, seen, done };
}

describe('a watch', () => {
  it('gives events and bookmarks, and ends quietly when the server ends it', async () => {
    let opened = false;
    const onOpen = () => {
      opened = true;
    };
    const { seen, done } = follow({ namespace: 'n', labelSelector: 'a=b', timeoutSeconds: 7, onOpen });
    await until('the watch', () => server.watches() === 1);
    await until('the head', () => opened);
    server.put('ü', '1');
    server.put('ü', '2');
    server.bookmark();
    server.remove('ü');
    server.endWatches();
    await done;
    expect(seen).toEqual(['ADDED ü', 'MODIFIED ü', 'BOOKMARK', 'DELETED ü']);
    const { path, query } = server.fixture.requests[0] ?? {};
    expect(`${path}?${query}`).toBe(
      '/api/v1/namespaces/n/configmaps?labelSelector=a%3Db&resourceVersion=100&watch=1&allowWatchBookmarks=true&timeoutSeconds=7',
    );
  });

  it('ends quietly when the caller aborts, and lets the connection go', async () => {
    const { controller, done } = follow();
    await until('the watch', () => server.watches() === 1);
    controller.abort();
    await done;
    await until('the end at the server', () => server.watches() === 0);
    await follow({ signal: controller.signal }).done;
    expect(server.fixture.requests).toHaveLength(1);
  });

  it('lets the connection go when the caller leaves the loop', async () => {
    const controller = new AbortController();
    const first = (async () => {
      for await (const { object } of client.watch(ConfigMap, { resourceVersion: '1', signal: controller.signal })) {
        return object.metadata.name;
      }
      return undefined;
    })();
    await until('the watch', () => server.watches() === 1);
    server.put('a', '1');
    expect(await first).toBe('a');
    await until('the end at the server', () => server.watches() === 0);
  });

  it('throws Gone for 410, as status and as event', async () => {
    server.next.watch.push((response) => sendStatus(response, 410, 'Expired'));
    await expect(follow().done).rejects.toMatchObject({ reason: 'Gone' });
    const { done } = follow();
    await until('the watch', () => server.watches() === 1);
    server.raw('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n');
    await expect(done).rejects.toMatchObject({ reason: 'Gone', message: expect.stringContaining('too old') });
  });

  it('throws Unreachable when it is cut, also in the middle of an event', async () => {
    for (const part of ['', '{"type":"ADDED","obj']) {
      const { done } = follow();
      await until('the watch', () => server.watches() === 1);
      server.raw(part);
      server.fixture.cut();
      await expect(done).rejects.toMatchObject({ reason: 'Unreachable' });
      await until('the end at the server', () => server.watches() === 0);
    }
    const { done } = follow();
    await until('the watch', () => server.watches() === 1);
    server.raw('{"type":"ADDED","obj');
    server.endWatches();
    await expect(done).rejects.toMatchObject({
      reason: 'Unreachable',
      message: expect.stringContaining('inside an event'),
    });
  });

  it('throws Timeout when it is silent, and any byte keeps it', async () => {
    const { done, seen } = follow({ idleTimeoutMs: 300 });
    await until('the watch', () => server.watches() === 1);
    const startedAt = Date.now();
    const timer = setInterval(() => server.bookmark(), 50);
    await until('ten bookmarks', () => seen.length >= 10);
    clearInterval(timer);
    await expect(done).rejects.toMatchObject({ reason: 'Timeout' });
    expect(Date.now() - startedAt).toBeGreaterThan(600);
  });

  it.each([
    ['not JSON', 'hello\n'],
    ['no event', '{"kind":"ConfigMapList"}\n'],
    ['null', 'null\n'],
    ['an event without an object', '{"type":"ADDED","object":null}\n'],
  ])('throws Protocol for %s', async (_, text) => {
    const { done } = follow();
    await until('the watch', () => server.watches() === 1);
    server.raw(text);
    await expect(done).rejects.toMatchObject({ reason: 'Protocol' });
  });
});
