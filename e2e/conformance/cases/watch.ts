/** Watches: what comes, in which order, and how they end. */
import { expect } from 'vitest';
import { type Body, casesOf, type RawEvent, type Scope } from '../case.ts';
import {
  configMap,
  configMaps,
  define,
  definition,
  del,
  get,
  patch,
  post,
  put,
  recorded,
  widget,
  widgets,
} from '../requests.ts';

const one = `${configMaps}/one`;
const mine = `${configMaps}?watch=1&labelSelector=set%3D{u}`;
const labelled = (s: Scope, name: string, data: Record<string, string> = {}) =>
  configMap(name, data, { labels: { set: s.unique } });
const short = ({ type, object }: RawEvent) => `${type} ${object.metadata?.name ?? ''}`;

/** Where a watch may go on. */
const now = async (s: Scope, path = configMaps): Promise<string> => (await s.do(get(path))).metadata.resourceVersion;

export const watchCases = casesOf('watch', {
  'from-version': [
    'from a version comes all that happened after it, in order',
    async (s) => {
      await s.do(post(configMaps, labelled(s, 'old')));
      const from = await now(s);
      await s.do(post(configMaps, labelled(s, 'one')));
      await s.do(put(one, labelled(s, 'one', { a: '1' })));
      await s.do(del(one));
      const watch = await s.watch(`${mine}&resourceVersion=${from}`);
      const events = [await watch.next(), await watch.next(), await watch.next()];
      watch.close();
      expect(events.map(short)).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one']);
      const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
      expect(events[2]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: '1' } });
    },
  ],
  live: [
    'changes come as they happen',
    async (s) => {
      const watch = await s.watch(`${mine}&resourceVersion=${await now(s)}`);
      await s.do(post(configMaps, labelled(s, 'one')));
      expect(short(await watch.next())).toBe('ADDED one');
      await s.do(patch('merge', one, { data: { a: '1' } }));
      expect((await watch.next()).object.data).toEqual({ a: '1' });
      watch.close();
    },
  ],
  'no-op-is-silent': [
    'a write that changes nothing is no event',
    async (s) => {
      await s.do(post(configMaps, labelled(s, 'one', { a: '1' })));
      const watch = await s.watch(`${mine}&resourceVersion=${await now(s)}`);
      await s.do(patch('merge', one, { data: { a: '1' } }));
      await s.do(patch('merge', one, { data: { a: '2' } }));
      expect((await watch.next()).object.data).toEqual({ a: '2' });
      watch.close();
    },
  ],
  'without-version': [
    'without a version what is there comes first',
    async (s) => {
      await s.do(post(configMaps, labelled(s, 'one')));
      const watch = await s.watch(mine);
      expect(short(await watch.next())).toBe('ADDED one');
      await s.do(post(configMaps, labelled(s, 'two')));
      expect(short(await watch.next())).toBe('ADDED two');
      watch.close();
    },
  ],
  'version-zero': [
    'so it does from version 0',
    async (s) => {
      await s.do(post(configMaps, labelled(s, 'one')));
      const watch = await s.watch(`${mine}&resourceVersion=0`);
      expect(short(await watch.next())).toBe('ADDED one');
      watch.close();
    },
  ],
  'initial-events': [
    'a streamed list ends in a bookmark that says so',
    async (s) => {
      for (const name of ['b', 'a']) await s.do(post(configMaps, labelled(s, name)));
      const query = '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const watch = await s.watch(`${mine}${query}`);
      expect([short(await watch.next()), short(await watch.next())].sort()).toEqual(['ADDED a', 'ADDED b']);
      const end = await watch.next();
      expect(end).toMatchObject({
        type: 'BOOKMARK',
        object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
      });
      expect(end.object.metadata.resourceVersion).toMatch(/^\d+$/);
      await s.do(del(`${configMaps}/a`));
      expect(short(await watch.next())).toBe('DELETED a');
      watch.close();
    },
  ],
  'initial-events-invalid': recorded(
    'a streamed list needs its options all together',
    get(`${configMaps}?watch=1&sendInitialEvents=true`),
    get(`${configMaps}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan`),
    get(`${configMaps}?watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1`),
  ),
  'ends-in-time': [
    'the server ends a watch after its time, with a bookmark where they are wanted',
    async (s) => {
      const from = await now(s);
      const watch = await s.watch(`${mine}&resourceVersion=${from}&timeoutSeconds=3&allowWatchBookmarks=true`);
      await s.do(post(configMaps, labelled(s, 'one')));
      const events = await watch.rest();
      expect(short(events[0] as RawEvent)).toBe('ADDED one');
      expect([...new Set(events.slice(1).map(({ type }) => type))]).toEqual(['BOOKMARK']);
      expect(Object.keys(events.at(-1)?.object ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
    },
  ],
  'no-bookmarks-unasked': [
    'bookmarks come to those who ask only',
    async (s) => {
      const watch = await s.watch(`${mine}&resourceVersion=${await now(s)}&timeoutSeconds=2`);
      await s.do(post(configMaps, labelled(s, 'one')));
      expect((await watch.rest()).map(({ type }) => type)).toEqual(['ADDED']);
    },
  ],
  'label-transitions': [
    'coming into a selector is ADDED, leaving it DELETED',
    async (s) => {
      await s.do(post(configMaps, configMap('one')));
      const watch = await s.watch(`${mine}&resourceVersion=${await now(s)}`);
      const label = (set: string | null) => s.do(patch('merge', one, { metadata: { labels: { set } } }));
      await label(s.unique);
      await s.do(patch('merge', one, { data: { a: '1' } }));
      await label('else');
      await s.do(patch('merge', one, { data: { a: '2' } }));
      await label(s.unique);
      const events = [await watch.next(), await watch.next(), await watch.next(), await watch.next()];
      watch.close();
      expect(events.map(short)).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one', 'ADDED one']);
      // Whoever left is told as it was last seen, under the version of the change.
      expect(events[2]?.object.metadata.labels).toEqual({ set: s.unique });
      expect(Number(events[2]?.object.metadata.resourceVersion)).toBeGreaterThan(
        Number(events[1]?.object.metadata.resourceVersion),
      );
    },
  ],
  'one-object': [
    'one object is watched by its name',
    async (s) => {
      const watch = await s.watch(
        `${configMaps}?watch=1&fieldSelector=metadata.name%3Done&resourceVersion=${await now(s)}`,
      );
      await s.do(post(configMaps, configMap('two')));
      await s.do(post(configMaps, configMap('one')));
      expect(short(await watch.next())).toBe('ADDED one');
      watch.close();
    },
  ],
  'old-path': [
    'the old watch path still works',
    async (s) => {
      const from = await now(s);
      await s.do(post(configMaps, configMap('one')));
      const watch = await s.watch(`/api/v1/watch/namespaces/{ns}/configmaps?resourceVersion=${from}`);
      expect(short(await watch.next())).toBe('ADDED one');
      watch.close();
    },
  ],
  'over-namespaces': [
    'a watch over all namespaces sees each',
    async (s) => {
      const other = await s.namespace('two');
      const watch = await s.watch(`/api/v1/configmaps?watch=1&labelSelector=set%3D{u}&resourceVersion=${await now(s)}`);
      for (const namespace of [s.ns, other]) {
        await s.do(post(`/api/v1/namespaces/${namespace}/configmaps`, labelled(s, 'one')));
      }
      const seen = [await watch.next(), await watch.next()].map(({ object }) => object.metadata.namespace);
      watch.close();
      expect(seen).toEqual([s.ns, other]);
    },
  ],
  'of-custom-kinds': [
    'custom kinds are watched alike',
    async (s) => {
      await define(s, definition());
      const watch = await s.watch(`${widgets}?watch=1&resourceVersion=${await now(s, widgets)}`);
      await s.do(post(widgets, widget('w', { spec: { a: 1 } })));
      await s.do(patch('merge', `${widgets}/w`, { spec: { a: 2 } }));
      await s.do(del(`${widgets}/w`));
      const events = [await watch.next(), await watch.next(), await watch.next()];
      watch.close();
      expect(events.map(short)).toEqual(['ADDED w', 'MODIFIED w', 'DELETED w']);
    },
  ],
  'as-table': [
    'a watch can come as tables, which kubectl get --watch prints',
    async (s) => {
      const from = await now(s);
      await s.do(post(configMaps, configMap('one', { a: '1' })));
      const path = `${configMaps}?watch=1&resourceVersion=${from}&timeoutSeconds=1`;
      const { body } = await s.send(get(path, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }));
      const text: string = typeof body === 'string' ? (body.split('\n')[0] ?? '') : JSON.stringify(body);
      const event: Body = JSON.parse(text);
      expect(event).toMatchObject({
        type: 'ADDED',
        object: { kind: 'Table', rows: [{ cells: ['one', 1, expect.any(String)] }] },
      });
      expect(event.object.columnDefinitions).toHaveLength(3);
    },
  ],
  'kubectl-watch': [
    'kubectl get --watch and wait follow changes',
    async (s) => {
      await s.do(post(configMaps, configMap('one')));
      const waiting = s.run(['wait', 'configmap/one', '--for=jsonpath={.data.a}=2', '--timeout=20s']);
      await s.do(patch('merge', one, { data: { a: '1' } }));
      await s.do(patch('merge', one, { data: { a: '2' } }));
      expect(await waiting).toBe('configmap/one condition met\n');
      const gone = s.run(['wait', 'configmap/one', '--for=delete', '--timeout=20s']);
      await s.do(del(one));
      // It says nothing when the object is gone before it looks.
      expect(await gone).toMatch(/^(configmap\/one condition met\n)?$/);
    },
  ],
  'version-too-new': [
    'a version of the future is told so',
    async (s) => {
      const { code, body } = await s.send(get(`${configMaps}?resourceVersion=999999999&resourceVersionMatch=Exact`));
      expect({ code, reason: body.reason }).toEqual({ code: 504, reason: 'Timeout' });
      expect(body.message).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
    },
  ],
  'version-malformed': recorded(
    'a version is a number',
    get(`${configMaps}?watch=1&resourceVersion=abc`),
    get(`${configMaps}?resourceVersion=abc`),
    get(`${configMaps}?resourceVersion=1&resourceVersionMatch=Sometimes`),
    get(`${configMaps}?resourceVersionMatch=Exact`),
    get(`${configMaps}?resourceVersion=0&resourceVersionMatch=Exact`),
  ),
});
