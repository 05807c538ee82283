import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from './client.ts';
import { type Informer, type InformerOptions, startInformer } from './informer.ts';
import { ConfigMap } from './kinds/core.ts';
import { type ConfigMapServer, startConfigMapServer } from './testing/config-map-server.ts';
import { sendStatus } from './testing/fixture-server.ts';
import { until } from './testing/until.ts';

let server: ConfigMapServer;
let client: KubeClient;
let informer: Informer<ConfigMap>;
let changes: string[];
let errors: string[];

beforeEach(async () => {
  server = await startConfigMapServer();
  client = createKubeClient(
    { server: server.fixture.url, credential: { kind: 'token', token: 't' } },
    { requestTimeoutMs: 500 },
  );
  changes = [];
  errors = [];
});
afterEach(async () => {
  informer.stop();
  await client.close();
  await server.close();
});

async function start(options: InformerOptions<ConfigMap> = {}): Promise<void> {
  const onError = (error: unknown) => errors.push((error as { reason?: string }).reason ?? String(error));
  informer = startInformer(client, ConfigMap, { onError, ...options });
  informer.onChange(({ type, object, previous }) => {
    const before = previous === undefined ? '' : `${previous.data?.value}→`;
    changes.push(`${type} ${object.metadata.name} ${before}${object.data?.value}`);
  });
  await informer.synced;
  await until('the watch', () => server.watches() === 1);
}

describe('an informer', () => {
  it('lists, follows, and keeps a cache without managed fields', async () => {
    server.put('a', '1');
    await start();
    server.put('b', '1');
    server.put('a', '2');
    server.remove('b');
    await until('the changes', () => changes.length === 4);
    expect(changes).toEqual(['added a 1', 'added b 1', 'modified a 1→2', 'deleted b 1']);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(informer.list('other')).toEqual([]);
    expect(informer.get('n', 'a')).toMatchObject({ kind: 'ConfigMap', data: { value: '2' } });
    expect(informer.get('n', 'a')?.metadata.managedFields).toBeUndefined();
    expect(informer.healthy()).toBe(true);
    expect(errors).toEqual([]);
  });

  it('tells a late handler of what is there, and no longer one that left', async () => {
    server.put('a', '1');
    await start();
    const late: string[] = [];
    const leave = informer.onChange(({ type, object }) => late.push(`${type} ${object.metadata.name}`));
    expect(late).toEqual(['added a']);
    leave();
    server.put('b', '1');
    await until('the change', () => changes.length === 2);
    expect(late).toEqual(['added a']);
  });

  it('goes on from the last version when the server ends the watch or the connection is cut', async () => {
    await start();
    server.put('a', '1');
    await until('the change', () => changes.length === 1);
    server.endWatches();
    await until('the second watch', () => server.watchedFrom.length === 2 && server.watches() === 1);
    server.bookmark();
    server.put('b', '1');
    await until('the change', () => changes.length === 2);
    server.fixture.cut();
    await until('the third watch', () => server.watchedFrom.length === 3 && server.watches() === 1);
    expect(server.watchedFrom).toEqual(['100', '101', '102']);
    expect(server.lists()).toBe(1);
    await until('health', () => informer.healthy());
    expect(errors).toEqual(['Unreachable']);
  });

  it('goes on from a bookmark, which spares the server the old events', async () => {
    await start();
    server.removeSilently('x');
    server.removeSilently('x');
    server.bookmark();
    server.fixture.cut();
    // The bookmark may be lost with the cut; what counts is that one that came is used.
    await until('the watch', () => server.watchedFrom.length === 2 && server.watches() === 1);
    server.bookmark();
    server.endWatches();
    await until('the watch', () => server.watchedFrom.length === 3);
    expect(server.watchedFrom[2]).toBe('102');
  });

  it.each([
    [
      'as status',
      () => server.next.watch.push((response) => sendStatus(response, 410, 'Expired')) && server.endWatches(),
    ],
    ['as event', () => server.raw('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n')],
  ])('lists again after 410 %s, and tells what was missed', async (_, fault) => {
    for (const name of ['kept', 'changed', 'gone', 'replaced']) {
      server.put(name, '1');
    }
    await start();
    changes.length = 0;
    server.deaf(() => {
      server.remove('gone');
      server.put('changed', '2');
      server.put('replaced', '2', 'another-uid');
      server.put('new', '1');
    });
    fault();
    await until('the second list', () => server.lists() === 2 && changes.length >= 5);
    expect(changes.sort()).toEqual([
      'added new 1',
      'added replaced 2',
      'deleted gone 1',
      'deleted replaced 1',
      'modified changed 1→2',
    ]);
    await until('health', () => informer.healthy());
  });

  it('gives a silent watch up and finds the deletion that it slept through', async () => {
    server.put('a', '1');
    await start({ idleMs: 200 });
    server.removeSilently('a');
    await until('the missed deletion', () => changes.includes('deleted a 1'));
    expect(errors).toEqual([]);
    expect(informer.healthy()).toBe(true);
  });

  it('lists again on its timer, since a watch that lost an event looks healthy', async () => {
    server.put('a', '1');
    await start({ relistMs: 300 });
    server.removeSilently('a');
    const timer = setInterval(() => server.bookmark(), 20);
    const ended = setInterval(() => server.endWatches(), 350);
    await until('the missed deletion', () => changes.includes('deleted a 1'));
    clearInterval(timer);
    clearInterval(ended);
    expect(errors).toEqual([]);
  });

  it('serves its cache while the server is away, says that it is not healthy, and catches up', async () => {
    server.put('a', '1');
    await start();
    const away = (response: { destroy(): void }) => response.destroy();
    server.next.watch.push(...Array(4).fill(away));
    server.fixture.cut();
    await until('the failures', () => errors.length >= 3);
    expect(informer.healthy()).toBe(false);
    expect(informer.get('n', 'a')).toBeDefined();
    await until('the watch', () => server.watches() === 1);
    await until('health', () => informer.healthy());
    server.put('b', '1');
    await until('the change', () => changes.includes('added b 1'));
    expect(server.lists()).toBe(1);
  });

  it('waits as long as a 429 asks', async () => {
    await start();
    server.next.watch.push((response) =>
      sendStatus(response, 429, 'TooManyRequests', 'slow down', { 'retry-after': '1' }),
    );
    const startedAt = Date.now();
    server.endWatches();
    await until('the refusal', () => errors.includes('TooManyRequests'));
    await until('the watch', () => server.watches() === 1);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000);
    expect(server.lists()).toBe(1);
  });

  it('survives a first list that fails, and lists again when it may no longer watch', async () => {
    server.next.list.push((response) => sendStatus(response, 500, 'InternalError'));
    server.next.watch.push((response) => sendStatus(response, 403, 'Forbidden'));
    server.put('a', '1');
    await start();
    expect(errors).toEqual(['ServerError', 'Forbidden']);
    expect(server.lists()).toBe(3);
    expect(changes).toEqual(['added a 1']);
  });

  it('does not die of a handler that throws', async () => {
    await start();
    informer.onChange(() => {
      throw new Error('handler');
    });
    server.put('a', '1');
    server.put('a', '2');
    await until('the changes', () => changes.length === 2 && errors.length === 2);
    expect(errors).toEqual(['Error: handler', 'Error: handler']);
    expect(informer.healthy()).toBe(true);
  });

  it('stops: the watch ends, the cache stays, and who waits for the first list is told', async () => {
    server.put('a', '1');
    await start();
    informer.stop();
    await until('the end at the server', () => server.watches() === 0);
    expect(informer.get('n', 'a')).toBeDefined();
    expect(informer.healthy()).toBe(false);
    const controller = new AbortController();
    server.next.list.push(() => undefined);
    const never = startInformer(client, ConfigMap, { signal: controller.signal });
    controller.abort();
    await expect(never.synced).rejects.toThrow('was stopped');
  });
});
