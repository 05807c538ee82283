/** JSON, merge and strategic patches, and what kubectl does with them. */
import { expect } from 'vitest';
import { type Body, casesOf } from '../case.ts';
import {
  configMap,
  configMaps,
  container,
  define,
  definition,
  deployments,
  get,
  patch,
  paused,
  pick,
  post,
  recorded,
  secrets,
  services,
  told,
  widget,
  widgets,
} from '../requests.ts';

const one = `${configMaps}/one`;
const d = `${deployments}/d`;

export const patchCases = casesOf('apply', {
  // JSON patch, RFC 6902.
  'json-patch': [
    'a JSON patch adds, replaces, removes, moves, copies and tests',
    async (s) => {
      await s.do(post(configMaps, configMap('one', { a: '1', d: '3' }, { annotations: { 'b/c': '2' } })));
      const changed = await s.do(
        patch('json', one, [
          { op: 'test', path: '/data/a', value: '1' },
          { op: 'replace', path: '/data/a', value: '9' },
          { op: 'remove', path: '/metadata/annotations/b~1c' },
          { op: 'move', from: '/data/d', path: '/data/moved' },
          { op: 'copy', from: '/data/a', path: '/data/copied' },
          { op: 'add', path: '/metadata/labels', value: { l: 'x' } },
        ]),
      );
      expect(changed.data).toEqual({ a: '9', moved: '3', copied: '9' });
      expect(changed.metadata.labels).toEqual({ l: 'x' });
      expect(changed.metadata.annotations).toBeUndefined();
    },
  ],
  'json-patch-list': [
    'a JSON patch knows places in lists',
    async (s) => {
      await s.do(post(configMaps, configMap('one', {}, { finalizers: ['e.com/a', 'e.com/b'] })));
      const changed = await s.do(
        patch('json', one, [
          { op: 'add', path: '/metadata/finalizers/-', value: 'e.com/c' },
          { op: 'add', path: '/metadata/finalizers/1', value: 'e.com/d' },
          { op: 'remove', path: '/metadata/finalizers/0' },
        ]),
      );
      expect(changed.metadata.finalizers).toEqual(['e.com/d', 'e.com/b', 'e.com/c']);
      await s.do(patch('merge', one, { metadata: { finalizers: null } }));
    },
  ],
  'json-patch-test-fails': recorded(
    'a test that fails refuses all of it',
    post(configMaps, configMap('one', { a: '1' })),
    patch('json', one, [
      { op: 'replace', path: '/data/a', value: '2' },
      { op: 'test', path: '/data/a', value: '1' },
    ]),
    get(one),
  ),
  'json-patch-missing': recorded(
    'what is not there cannot be removed or replaced',
    post(configMaps, configMap('one', { a: '1' })),
    patch('json', one, [{ op: 'remove', path: '/data/b' }]),
    patch('json', one, [{ op: 'replace', path: '/data/b', value: '1' }]),
    patch('json', one, [{ op: 'add', path: '/x/y/z', value: '1' }]),
  ),
  // Merge patch, RFC 7386.
  'merge-patch': [
    'a merge patch merges maps, replaces lists, and null removes',
    async (s) => {
      await s.do(post(deployments, paused('d', {}, { labels: { a: '1', b: '2' } })));
      const changed = await s.do(
        patch('merge', d, {
          metadata: { labels: { a: null, c: '3' } },
          spec: { template: { spec: { containers: [{ name: 'other', image: 'other' }] } } },
        }),
      );
      expect(changed.metadata.labels).toEqual({ b: '2', c: '3' });
      expect(changed.spec.template.spec.containers.map(({ name }: Body) => name)).toEqual(['other']);
    },
  ],
  'merge-patch-locked': [
    'a patch with a resourceVersion is an optimistic lock',
    async (s) => {
      const made = await s.do(post(configMaps, configMap('one')));
      const lock = { metadata: { resourceVersion: made.metadata.resourceVersion } };
      await s.do(patch('merge', one, { ...lock, data: { a: '1' } }));
      s.golden(told(await s.send(patch('merge', one, { ...lock, data: { a: '2' } }))));
    },
  ],
  'patch-missing': recorded(
    'a patch makes nothing',
    patch('merge', one, { data: {} }),
    patch('strategic', one, { data: {} }),
    patch('json', one, []),
  ),
  'patch-name': recorded(
    'a patch does not rename',
    post(configMaps, configMap('one')),
    patch('merge', one, { metadata: { name: 'two' } }),
  ),
  'patch-namespace': recorded(
    'nor move',
    post(configMaps, configMap('one')),
    patch('merge', one, { metadata: { namespace: 'default' } }),
  ),
  // Strategic merge patch.
  'strategic-by-key': [
    'a strategic patch merges lists by their key',
    async (s) => {
      await s.do(post(deployments, paused('d')));
      const changed = await s.do(
        patch('strategic', d, {
          spec: {
            template: {
              spec: {
                containers: [
                  { name: 'c', env: [{ name: 'A', value: '1' }] },
                  { name: 'side', image: 'side:1' },
                ],
              },
            },
          },
        }),
      );
      const containers = changed.spec.template.spec.containers;
      expect(containers.map(({ name, image }: Body) => `${name} ${image}`)).toEqual(
        [`side side:1`, `c ${container.image}`].sort(
          (a, b) =>
            containers.findIndex((it: Body) => a.startsWith(`${it.name} `)) -
            containers.findIndex((it: Body) => b.startsWith(`${it.name} `)),
        ),
      );
      s.golden(containers.map(({ name, image, env }: Body) => ({ name, image, env })));
    },
  ],
  'strategic-directives': [
    'and knows $patch, $deleteFromPrimitiveList, $setElementOrder and $retainKeys',
    async (s) => {
      const containers = ['a', 'b', 'c'].map((name) => ({ name, image: name }));
      await s.do(
        post(
          deployments,
          paused(
            'd',
            { template: { metadata: { labels: { app: 'd' } }, spec: { containers } } },
            { finalizers: ['e.com/a', 'e.com/b'] },
          ),
        ),
      );
      const deleted = await s.do(
        patch('strategic', d, { spec: { template: { spec: { containers: [{ name: 'b', $patch: 'delete' }] } } } }),
      );
      const ordered = await s.do(
        patch('strategic', d, {
          spec: {
            template: {
              spec: {
                '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
                containers: [{ name: 'c', image: 'new' }],
              },
            },
          },
        }),
      );
      const primitive = await s.do(
        patch('strategic', d, { metadata: { '$deleteFromPrimitiveList/finalizers': ['e.com/a'] } }),
      );
      const retained = await s.do(
        patch('strategic', d, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }),
      );
      const replaced = await s.do(patch('strategic', d, { metadata: { labels: { $patch: 'replace', only: 'this' } } }));
      const names = (object: Body) =>
        object.spec.template.spec.containers.map(({ name, image }: Body) => `${name}:${image}`);
      s.golden({
        deleted: names(deleted),
        ordered: names(ordered),
        finalizers: primitive.metadata.finalizers,
        strategy: retained.spec.strategy,
        labels: replaced.metadata.labels,
      });
      await s.do(patch('merge', d, { metadata: { finalizers: null } }));
    },
  ],
  'strategic-service-ports': [
    'ports of a service go by number',
    async (s) => {
      await s.do(post(services, { metadata: { name: 's' }, spec: { ports: [{ name: 'a', port: 80 }] } }));
      const changed = await s.do(patch('strategic', `${services}/s`, { spec: { ports: [{ name: 'b', port: 81 }] } }));
      expect(changed.spec.ports.map(({ port }: Body) => port).sort()).toEqual([80, 81]);
    },
  ],
  'strategic-bad-directive': recorded(
    'other directives there are not',
    post(deployments, paused('d')),
    patch('strategic', d, { spec: { template: { $patch: 'invent' } } }),
  ),
  'strategic-not-for-custom': [
    'custom kinds know no strategic patch',
    async (s) => {
      await define(s, definition());
      await s.do(post(widgets, widget('w')));
      s.golden(told(await s.send(patch('strategic', `${widgets}/w`, { spec: {} }))));
    },
  ],
  // kubectl.
  'kubectl-client-apply': [
    'kubectl apply creates, configures, and removes what a later file lacks',
    async (s) => {
      const file = (data: Record<string, string>) => ({ input: JSON.stringify(configMap('one', data)) });
      expect(await s.run(['apply', '-f', '-'], file({ a: '1', b: '2' }))).toBe('configmap/one created\n');
      expect(await s.run(['apply', '-f', '-'], file({ a: '1', b: '2' }))).toBe('configmap/one unchanged\n');
      await s.do(patch('merge', one, { data: { other: 'x' } }));
      expect(await s.run(['apply', '-f', '-'], file({ a: '2' }))).toBe('configmap/one configured\n');
      const read = await s.do(get(one));
      expect(read.data).toEqual({ a: '2', other: 'x' });
      expect(read.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']).toContain(
        '"data":{"a":"2"}',
      );
    },
  ],
  'kubectl-apply-deployment': [
    'kubectl apply of a Deployment merges by the OpenAPI that the server publishes',
    async (s) => {
      const file = (image: string, env: object[]) => ({
        input: JSON.stringify(
          paused('d', {
            template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ ...container, image, env }] } },
          }),
        ),
      });
      await s.run(
        ['apply', '-f', '-'],
        file('app:1', [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ]),
      );
      expect(await s.run(['apply', '-f', '-'], file('app:2', [{ name: 'B', value: '3' }]))).toBe(
        'deployment.apps/d configured\n',
      );
      const read = await s.do(get(d));
      expect(read.spec.template.spec.containers[0]).toMatchObject({ image: 'app:2', env: [{ name: 'B', value: '3' }] });
    },
  ],
  'kubectl-server-apply': [
    'kubectl apply --server-side, its conflict and --force-conflicts',
    async (s) => {
      const file = { input: JSON.stringify(configMap('one', { a: '1' })) };
      expect(await s.run(['apply', '--server-side', '-f', '-'], file)).toBe('configmap/one serverside-applied\n');
      const words = ['apply', '--server-side', '--field-manager=other', '-f', '-'];
      const other = { input: JSON.stringify(configMap('one', { a: '2' })) };
      const refused = await s.kubectl(words, other);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "kubectl": .data.a');
      await s.run([...words, '--force-conflicts'], other);
      expect((await s.do(get(one))).data).toEqual({ a: '2' });
    },
  ],
  'kubectl-edits': [
    'kubectl create, label, annotate, patch, replace and set',
    async (s) => {
      expect(await s.run(['create', 'configmap', 'one', '--from-literal=a=1'])).toBe('configmap/one created\n');
      await s.run(['label', 'cm', 'one', 'l=x', 'm=y']);
      await s.run(['label', 'cm', 'one', 'm-']);
      await s.run(['annotate', 'cm', 'one', 'n=z']);
      await s.run(['patch', 'cm', 'one', '--type=json', '-p', '[{"op":"add","path":"/data/b","value":"2"}]']);
      const read = await s.do(get(one));
      expect(pick(read, 'data', 'metadata.labels', 'metadata.annotations')).toEqual({
        data: { a: '1', b: '2' },
        'metadata.labels': { l: 'x' },
        'metadata.annotations': { n: 'z' },
      });
      await s.run(['replace', '-f', '-'], { input: JSON.stringify(configMap('one', { c: '3' })) });
      expect((await s.do(get(one))).data).toEqual({ c: '3' });
      await s.run(['create', 'secret', 'generic', 'sec', '--from-literal=k=v']);
      expect((await s.do(get(`${secrets}/sec`))).data).toEqual({ k: 'dg==' });
    },
  ],
  'kubectl-diff': [
    'kubectl diff asks by a dry run',
    async (s) => {
      await s.run(['apply', '-f', '-'], { input: JSON.stringify(configMap('one', { a: '1' })) });
      expect((await s.kubectl(['diff', '-f', '-'], { input: JSON.stringify(configMap('one', { a: '1' })) })).code).toBe(
        0,
      );
      const differs = await s.kubectl(['diff', '-f', '-'], { input: JSON.stringify(configMap('one', { a: '2' })) });
      expect(differs.code).toBe(1);
      expect(differs.stdout).toMatch(/^-\s+a: "1"$/m);
      expect(differs.stdout).toMatch(/^\+\s+a: "2"$/m);
    },
  ],
});
