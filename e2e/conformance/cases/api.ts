/** What every kind shares: create, read, update, names, versions, dry run, lists and selectors. */
import { expect } from 'vitest';
import { casesOf } from '../case.ts';
import {
  configMap,
  configMaps,
  container,
  del,
  deployment,
  deployments,
  get,
  names,
  patch,
  pod,
  pods,
  post,
  put,
  recorded,
  secrets,
} from '../requests.ts';

const one = `${configMaps}/one`;

export const apiCases = casesOf('api', {
  'create-whole': recorded(
    'an object comes back with everything that the server adds',
    post(configMaps, configMap('one', { a: '1' })),
  ),
  'read-same': [
    'a read gives what the write gave',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one', { a: '1' })));
      expect(await s.do(get(one))).toEqual(made);
    },
  ],
  'create-twice': recorded(
    'a name is taken once',
    post(configMaps, configMap('one')),
    post(configMaps, configMap('one')),
  ),
  'create-with-version': recorded(
    'a new object has no resourceVersion',
    post(configMaps, configMap('one', {}, { resourceVersion: '1' })),
  ),
  'create-ignores-server-fields': [
    'uid, creationTimestamp and generation of a new object are the server’s',
    async (s) => {
      const metadata = { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7, selfLink: '/mine' };
      const made = await s.do(post(deployments, deployment('d', 1, {}, metadata)));
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(made.metadata.creationTimestamp).not.toMatch(/^2001/);
      expect(made.metadata.generation).toBe(1);
      expect(made.metadata.selfLink).toBeUndefined();
    },
  ],
  'generate-name': [
    'generateName gets five characters more',
    async (s) => {
      const body = { ...configMap(''), metadata: { generateName: 'made-' } };
      const [a, b] = await Promise.all([s.do(post(configMaps, body)), s.do(post(configMaps, body))]);
      expect(a.metadata.name).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(a.metadata.generateName).toBe('made-');
      expect(b.metadata.name).not.toBe(a.metadata.name);
    },
  ],
  'generate-name-long': [
    'a long generateName is cut to leave room',
    async (s) => {
      const made = await s.do(post(configMaps, { ...configMap(''), metadata: { generateName: 'a'.repeat(70) } }));
      expect(made.metadata.name).toMatch(/^a{58}[a-z0-9]{5}$/);
    },
  ],
  'name-beats-generate-name': [
    'a name wins over generateName',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one', {}, { generateName: 'made-' })));
      expect(made.metadata).toMatchObject({ name: 'one', generateName: 'made-' });
    },
  ],
  'namespace-from-path': [
    'the path gives the namespace to an object without one',
    async (s) => {
      expect((await s.do(post(configMaps, configMap('one')))).metadata.namespace).toBe(s.ns);
    },
  ],
  'namespace-mismatch': recorded(
    'an object of another namespace is refused',
    post(configMaps, configMap('one', {}, { namespace: 'other' })),
  ),
  'namespace-missing': recorded(
    'nothing can be made in a namespace that is not there',
    post('/api/v1/namespaces/{u}/configmaps', configMap('one')),
  ),
  'get-missing': recorded('what is not there is not found', get(one)),
  'get-missing-in-missing-namespace': recorded(
    'also where the namespace is not there',
    get('/api/v1/namespaces/{u}/configmaps/one'),
  ),
  'list-missing-namespace': [
    'a list of a namespace that is not there is empty',
    async (s) => {
      expect((await s.do(get('/api/v1/namespaces/{u}/configmaps'))).items).toEqual([]);
    },
  ],
  replace: [
    'a replace takes away what it does not have',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one', { a: '1' }, { labels: { l: 'x' } })));
      const changed = await s.do(put(one, configMap('one', { b: '2' })));
      expect(changed.data).toEqual({ b: '2' });
      expect(changed.metadata.labels).toBeUndefined();
      expect(changed.metadata.uid).toBe(made.metadata.uid);
      expect(changed.metadata.creationTimestamp).toBe(made.metadata.creationTimestamp);
      expect(Number(changed.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    },
  ],
  'replace-missing': recorded('a replace of nothing is not found', put(one, configMap('one'))),
  'replace-stale': [
    'an old resourceVersion loses',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one')));
      await s.do(put(one, configMap('one', { a: '1' })));
      const { code, body } = await s.send(put(one, { ...made, data: { b: '1' } }));
      s.golden({ code, body });
    },
  ],
  'replace-name-mismatch': recorded(
    'the name in the body is that of the path',
    post(configMaps, configMap('one')),
    put(one, configMap('two')),
  ),
  'replace-other-uid': recorded(
    'another uid is another object',
    post(configMaps, configMap('one')),
    put(one, configMap('one', {}, { uid: '11111111-1111-1111-1111-111111111111' })),
  ),
  'no-op-replace': [
    'a replace that changes nothing keeps the resourceVersion',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one', { a: '1' })));
      expect((await s.do(put(one, configMap('one', { a: '1' })))).metadata.resourceVersion).toBe(
        made.metadata.resourceVersion,
      );
      expect((await s.do(patch('merge', one, { data: { a: '1' } }))).metadata.resourceVersion).toBe(
        made.metadata.resourceVersion,
      );
    },
  ],
  'version-grows': [
    'versions grow over all kinds',
    async (s) => {
      const a = await s.do(post(configMaps, configMap('one')));
      const b = await s.do(post(secrets, { metadata: { name: 's' } }));
      expect(Number(b.metadata.resourceVersion)).toBeGreaterThan(Number(a.metadata.resourceVersion));
    },
  ],
  'generation-of-spec': [
    'generation counts changes of the spec only',
    async (s) => {
      const path = `${deployments}/d`;
      const paused = { paused: true };
      expect((await s.do(post(deployments, deployment('d', 0, paused)))).metadata.generation).toBe(1);
      expect((await s.do(patch('merge', path, { metadata: { labels: { a: 'b' } } }))).metadata.generation).toBe(1);
      expect((await s.do(patch('merge', path, { spec: { minReadySeconds: 3 } }))).metadata.generation).toBe(2);
      expect((await s.do(patch('merge', path, { spec: { minReadySeconds: 3 } }))).metadata.generation).toBe(2);
    },
  ],
  'no-generation-of-data': [
    'a ConfigMap has no generation',
    async (s) => {
      expect((await s.do(post(configMaps, configMap('one')))).metadata.generation).toBeUndefined();
    },
  ],
  'dry-run-create': [
    'a dry run gives the answer and keeps nothing',
    async (s) => {
      const made = await s.do(post(`${configMaps}?dryRun=All`, configMap('one', { a: '1' })));
      expect(made.metadata.uid).toMatch(/-/);
      expect(made.metadata.resourceVersion).toBeUndefined();
      expect((await s.send(get(one))).code).toBe(404);
    },
  ],
  'dry-run-update-delete': [
    'neither does a dry run of an update or a deletion',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one', { a: '1' })));
      expect((await s.do(patch('merge', `${one}?dryRun=All`, { data: { a: '2' } }))).data).toEqual({ a: '2' });
      expect((await s.send(del(`${one}?dryRun=All`))).code).toBe(200);
      expect(await s.do(get(one))).toEqual(made);
    },
  ],
  'dry-run-unknown': recorded('there is no other dry run', post(`${configMaps}?dryRun=Some`, configMap('one'))),
  'secret-string-data': [
    'stringData becomes data',
    async (s) => {
      const body = { metadata: { name: 's' }, data: { a: 'MQ==', b: 'MQ==' }, stringData: { b: '2', c: 'ü' } };
      const made = await s.do(post(secrets, body));
      expect(made.data).toEqual({ a: 'MQ==', b: 'Mg==', c: 'w7w=' });
      expect(made.stringData).toBeUndefined();
      expect(made.type).toBe('Opaque');
    },
  ],
  'immutable-data': recorded(
    'immutable data stays as it is',
    post(configMaps, { ...configMap('one', { a: '1' }), immutable: true }),
    patch('merge', one, { data: { a: '2' } }),
    patch('merge', one, { immutable: false }),
  ),
  'immutable-fields': recorded(
    'a selector, a service’s address and a pod’s containers are given once',
    post(deployments, deployment('d', 0)),
    patch('merge', `${deployments}/d`, {
      spec: { selector: { matchLabels: { app: 'other' } }, template: { metadata: { labels: { app: 'other' } } } },
    }),
  ),
  'immutable-pod': [
    'of a pod only the image and a few numbers change',
    async (s) => {
      await s.do(post(pods, pod('p', { nodeName: 'nowhere', schedulerName: 'nobody' })));
      const changed = await s.send(patch('merge', `${pods}/p`, { spec: { hostname: 'other' } }));
      expect(changed).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
      expect(changed.body.message).toContain('pod updates may not change fields other than `spec.containers[*].image`');
      await s.do(patch('strategic', `${pods}/p`, { spec: { containers: [{ ...container, image: 'app:2' }] } }));
    },
  ],
  'list-shape': [
    'a list has a version of its own and bare items',
    async (s) => {
      await s.do(post(configMaps, configMap('one', {}, { labels: { set: 'x' } })));
      const list = await s.do(get(`${configMaps}?labelSelector=set=x`));
      expect(list).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMapList', items: [{ metadata: { name: 'one' } }] });
      expect(list.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(list.items[0].kind).toBeUndefined();
      expect(list.items[0].apiVersion).toBeUndefined();
    },
  ],
  'list-order-and-pages': [
    'a list goes by name, and in pages when it is asked to',
    async (s) => {
      for (const name of ['e', 'b', 'd', 'a', 'c'])
        await s.do(post(configMaps, configMap(name, {}, { labels: { set: 'x' } })));
      const path = `${configMaps}?labelSelector=set=x`;
      expect(names(await s.do(get(path)))).toEqual(['a', 'b', 'c', 'd', 'e']);
      const seen: string[] = [];
      const versions = new Set<string>();
      let next = '';
      do {
        const page = await s.do(get(`${configMaps}?limit=3${next}`));
        expect(page.items.length).toBeLessThanOrEqual(3);
        seen.push(...names(page));
        versions.add(page.metadata.resourceVersion);
        next = page.metadata.continue ? `&continue=${encodeURIComponent(page.metadata.continue)}` : '';
        if (next !== '') expect(page.metadata.remainingItemCount).toBeGreaterThan(0);
      } while (next !== '');
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'kube-root-ca.crt']);
      expect(versions.size).toBe(1);
    },
  ],
  'pages-are-consistent': [
    'later pages show the world of the first',
    async (s) => {
      for (const name of ['a', 'b', 'c']) await s.do(post(configMaps, configMap(name)));
      const first = await s.do(get(`${configMaps}?limit=1`));
      await s.do(del(`${configMaps}/b`));
      const rest = await s.do(get(`${configMaps}?limit=5&continue=${encodeURIComponent(first.metadata.continue)}`));
      expect(names(rest)).toEqual(['b', 'c', 'kube-root-ca.crt']);
    },
  ],
  'page-with-selector': [
    'a page with a selector counts only what it shows',
    async (s) => {
      for (const name of ['a', 'b', 'c', 'd']) {
        await s.do(post(configMaps, configMap(name, {}, { labels: { odd: String(name === 'a' || name === 'c') } })));
      }
      const first = await s.do(get(`${configMaps}?limit=1&labelSelector=odd=true`));
      expect(names(first)).toEqual(['a']);
      expect(first.metadata.remainingItemCount).toBeUndefined();
      const rest = await s.do(
        get(`${configMaps}?limit=9&labelSelector=odd=true&continue=${encodeURIComponent(first.metadata.continue)}`),
      );
      expect(names(rest)).toEqual(['c']);
    },
  ],
  'list-at-version': [
    'a list can be asked for an exact version',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one', { a: '1' })));
      await s.do(put(one, configMap('one', { a: '2' })));
      const query = `resourceVersion=${made.metadata.resourceVersion}&resourceVersionMatch=Exact&fieldSelector=metadata.name=one`;
      expect((await s.do(get(`${configMaps}?${query}`))).items[0].data).toEqual({ a: '1' });
    },
  ],
  'label-selectors': [
    'label selectors: equality, sets, existence',
    async (s) => {
      const labels: Record<string, Record<string, string>> = {
        a: { t: 'x', n: '1' },
        b: { t: 'y' },
        c: { n: '2' },
        d: {},
      };
      for (const [name, set] of Object.entries(labels))
        await s.do(post(configMaps, configMap(name, {}, { labels: { ...set, all: 'yes' } })));
      const found = async (selector: string) =>
        names(
          await s.do(get(`${configMaps}?labelSelector=${encodeURIComponent(`all=yes${selector && `,${selector}`}`)}`)),
        ).join('');
      expect(await found('')).toBe('abcd');
      expect(await found('t=x')).toBe('a');
      expect(await found('t==x')).toBe('a');
      expect(await found('t!=x')).toBe('bcd');
      expect(await found('t in (x, y)')).toBe('ab');
      expect(await found('t notin (x)')).toBe('bcd');
      expect(await found('t')).toBe('ab');
      expect(await found('!t')).toBe('cd');
      expect(await found('n>1')).toBe('c');
      expect(await found('n<2')).toBe('a');
      expect(await found('t,n=1')).toBe('a');
      expect(await found('t=')).toBe('');
    },
  ],
  'field-selectors': [
    'field selectors of pods, and of everything by name',
    async (s) => {
      await s.do(post(pods, pod('a', { nodeName: 'n1', restartPolicy: 'Never', schedulerName: 'nobody' })));
      await s.do(post(pods, pod('b', { nodeName: 'n2', schedulerName: 'nobody' })));
      const found = async (selector: string) =>
        names(await s.do(get(`${pods}?fieldSelector=${encodeURIComponent(selector)}`)));
      expect(await found('spec.nodeName=n1')).toEqual(['a']);
      expect(await found('spec.nodeName!=n1')).toEqual(['b']);
      expect(await found('metadata.name=b')).toEqual(['b']);
      expect(await found('metadata.name=b,spec.nodeName=n1')).toEqual([]);
      expect(await found('spec.restartPolicy=Never')).toEqual(['a']);
      expect(await found('metadata.namespace=elsewhere')).toEqual([]);
    },
  ],
  'delete-collection': [
    'a collection is deleted by selector',
    async (s) => {
      for (const name of ['a', 'b', 'c'])
        await s.do(post(configMaps, configMap(name, {}, { labels: { gone: String(name !== 'b') } })));
      expect((await s.send(del(`${configMaps}?labelSelector=gone=true`))).code).toBe(200);
      expect(names(await s.do(get(configMaps)))).toEqual(['b', 'kube-root-ca.crt']);
    },
  ],
  'all-namespaces': [
    'a list over all namespaces has those of each, in the order of "namespace/name"',
    async (s) => {
      const other = await s.namespace('two');
      for (const namespace of [s.ns, other]) {
        await s.do(
          post(`/api/v1/namespaces/${namespace}/configmaps`, configMap('one', {}, { labels: { of: s.unique } })),
        );
      }
      const { items } = await s.do(get('/api/v1/configmaps?labelSelector=of={u}'));
      expect(items.map(({ metadata }: { metadata: { namespace: string } }) => metadata.namespace)).toEqual([
        other,
        s.ns,
      ]);
    },
  ],
  'partial-metadata': [
    'metadata alone can be asked for',
    async (s) => {
      await s.do(post(configMaps, configMap('one', { a: '1' })));
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      const single = await s.do(get(one, { accept }));
      expect(single).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name: 'one' },
      });
      expect(single.data).toBeUndefined();
      const listAccept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
      const list = await s.do(get(configMaps, { accept: listAccept }));
      expect(list.kind).toBe('PartialObjectMetadataList');
      expect(list.items[0].data).toBeUndefined();
    },
  ],
  'yaml-body': [
    'an object may come as YAML',
    async (s) => {
      const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata:\n  a: "1"\n';
      expect((await s.do(post(configMaps, body, { contentType: 'application/yaml' }))).data).toEqual({ a: '1' });
    },
  ],
  'yaml-answer': [
    'and go out as YAML',
    async (s) => {
      await s.do(post(configMaps, configMap('one', { a: '1' })));
      const { contentType, body } = await s.send(get(one, { accept: 'application/yaml' }));
      expect(contentType).toBe('application/yaml');
      expect(body).toContain('kind: ConfigMap\n');
      expect(body).toContain('data:\n  a: "1"\n');
    },
  ],
  'kind-may-be-left-out': [
    'the path says of which kind a body is',
    async (s) => {
      const made = await s.do(post(configMaps, { metadata: { name: 'one' } }));
      expect(made).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    },
  ],
});
