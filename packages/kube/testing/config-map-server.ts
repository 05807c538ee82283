/** ConfigMaps with list and watch over the fixture server, and switches for what can go wrong with them. */
import type { ServerResponse } from 'node:http';
import type { ConfigMap } from '../kinds/core.ts';
import { type Fixture, sendJson, sendStatus, startFixture } from './fixture-server.ts';

export interface ConfigMapServer {
  fixture: Fixture;
  put(name: string, value: string, uid?: string): void;
  remove(name: string): void;
  /** Changes the world without telling the watches: an event that got lost. */
  removeSilently(name: string): void;
  /** Runs changes that no watch is told of. */
  deaf(change: () => void): void;
  bookmark(): void;
  /** Sends raw text down every watch. */
  raw(text: string): void;
  /** Ends every watch in order. */
  endWatches(): void;
  watches(): number;
  lists(): number;
  /** Resource versions that watches asked for, in order. */
  watchedFrom: string[];
  /** Answers the next request of that sort in another way. */
  next: { list: ((response: ServerResponse) => void)[]; watch: ((response: ServerResponse) => void)[] };
  close(): Promise<void>;
}

export async function startConfigMapServer(): Promise<ConfigMapServer> {
  const objects = new Map<string, ConfigMap>();
  const watches = new Set<ServerResponse>();
  let version = 100;
  let lists = 0;
  let deaf = false;
  const server: Omit<ConfigMapServer, 'fixture'> = {
    put(name, value, uid = `uid-${name}`) {
      version += 1;
      const existed = objects.get(name)?.metadata.uid === uid;
      const metadata = {
        name,
        namespace: 'n',
        uid,
        resourceVersion: String(version),
        managedFields: [{ manager: 'x' }],
      };
      const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } };
      objects.set(name, object);
      tell({ type: existed ? 'MODIFIED' : 'ADDED', object });
    },
    remove(name) {
      const object = objects.get(name);
      version += 1;
      objects.delete(name);
      tell({
        type: 'DELETED',
        object: { ...object, metadata: { ...object?.metadata, resourceVersion: String(version) } },
      });
    },
    removeSilently(name) {
      version += 1;
      objects.delete(name);
    },
    deaf(change) {
      deaf = true;
      change();
      deaf = false;
    },
    bookmark() {
      tell({
        type: 'BOOKMARK',
        object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: String(version) } },
      });
    },
    raw(text) {
      for (const watch of watches) {
        watch.write(text);
      }
    },
    endWatches() {
      for (const watch of watches) {
        watch.end();
      }
    },
    watches: () => watches.size,
    lists: () => lists,
    watchedFrom: [],
    next: { list: [], watch: [] },
    close: () => fixture.close(),
  };

  function tell(event: unknown): void {
    if (!deaf) {
      server.raw(`${JSON.stringify(event)}\n`);
    }
  }

  const fixture = await startFixture((request, response) => {
    if (request.method !== 'GET' || !request.path.endsWith('/configmaps')) {
      sendStatus(response, 404, 'NotFound');
      return;
    }
    if (request.query.get('watch') === '1') {
      server.watchedFrom.push(request.query.get('resourceVersion') ?? '');
      const other = server.next.watch.shift();
      if (other !== undefined) {
        other(response);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      watches.add(response);
      response.once('close', () => watches.delete(response));
      return;
    }
    lists += 1;
    const other = server.next.list.shift();
    if (other !== undefined) {
      other(response);
      return;
    }
    const items = [...objects.values()].map(({ apiVersion: _a, kind: _k, ...item }) => item);
    sendJson(response, 200, {
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(version) },
      items,
    });
  });
  return { ...server, fixture };
}
