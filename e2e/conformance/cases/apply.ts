/** Server-side apply and the ownership of fields, also by other writes. */
import { expect } from 'vitest';
import { type Body, casesOf } from '../case.ts';
import {
  apply,
  configMap,
  configMaps,
  container,
  define,
  definition,
  deployments,
  get,
  patch,
  paused,
  pod,
  pods,
  post,
  put,
  recorded,
  services,
  told,
  widget,
  widgets,
} from '../requests.ts';

const one = `${configMaps}/one`;
const d = `${deployments}/d`;

/** Who owns what. Of the same second they come by name, else by time: so they are put in one order here.
 * What controllers have come to write by now is left out. */
const owners = (object: Body): Body[] => {
  const key = ({ manager, operation, subresource = '' }: Body) => `${manager} ${operation} ${subresource}`;
  return object.metadata.managedFields
    .filter(({ manager }: Body) => manager !== 'kube-controller-manager')
    .sort((a: Body, b: Body) => (key(a) < key(b) ? -1 : 1));
};

export const applyCases = casesOf('apply', {
  // Server-side apply.
  'apply-creates': [
    'an apply makes what is not there, and owns what it says',
    async (s) => {
      const answer = await s.send(apply(one, 'me', configMap('one', { a: '1' }, { labels: { l: 'x' } })));
      expect(answer.code).toBe(201);
      s.golden(owners(answer.body));
      expect((await s.send(apply(one, 'me', configMap('one', { a: '1' }, { labels: { l: 'x' } })))).code).toBe(200);
    },
  ],
  'apply-idempotent': [
    'the same again changes nothing, not even a time',
    async (s) => {
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } };
      const made = await s.do(apply(`${services}/s`, 'me', service));
      expect(await s.do(apply(`${services}/s`, 'me', service))).toEqual(made);
    },
  ],
  'apply-takes-away': [
    'what is no longer said is taken away, unless another owns it too',
    async (s) => {
      await s.do(apply(one, 'me', configMap('one', { a: '1', b: '2', c: '3' })));
      await s.do(apply(one, 'other', configMap('one', { b: '2' })));
      const changed = await s.do(apply(one, 'me', configMap('one', { c: '3' })));
      expect(changed.data).toEqual({ b: '2', c: '3' });
      s.golden(owners(changed));
    },
  ],
  'apply-conflict': [
    'another’s field is a conflict',
    async (s) => {
      await s.do(apply(one, 'me', configMap('one', { a: '1', b: '1' }, { labels: { l: 'x' } })));
      s.golden(told(await s.send(apply(one, 'other', configMap('one', { a: '2', b: '1' }, { labels: { l: 'y' } })))));
    },
  ],
  'apply-conflict-single': [
    'one conflict is told in the singular',
    async (s) => {
      await s.do(apply(one, 'me', configMap('one', { a: '1' })));
      s.golden(told(await s.send(apply(one, 'other', configMap('one', { a: '2' })))));
    },
  ],
  'apply-conflict-update': [
    'who changed a field by an update owns it too, and the conflict names the time',
    async (s) => {
      await s.do(apply(d, 'me', paused('d')));
      await s.do(
        patch('merge', `${d}?fieldManager=hand`, {
          spec: { template: { spec: { terminationGracePeriodSeconds: 7 } } },
        }),
      );
      await s.do(patch('merge', `${d}/scale?fieldManager=scaler`, { spec: { replicas: 3 } }));
      const spec = {
        template: {
          metadata: { labels: { app: 'd' } },
          spec: { containers: [container], terminationGracePeriodSeconds: 8 },
        },
      };
      s.golden(told(await s.send(apply(d, 'me', paused('d', spec)))));
    },
  ],
  'apply-force': [
    'force takes it over',
    async (s) => {
      await s.do(apply(one, 'me', configMap('one', { a: '1', b: '1' })));
      const taken = await s.do(apply(one, 'other', configMap('one', { a: '2' }), '&force=true'));
      expect(taken.data).toEqual({ a: '2', b: '1' });
      s.golden(owners(taken));
    },
  ],
  'apply-shared': [
    'the same value is shared without a conflict, and the second entry has no time, since nothing changed',
    async (s) => {
      await s.do(apply(one, 'me', configMap('one', { a: '1' })));
      const shared = await s.do(apply(one, 'other', configMap('one', { a: '1' })));
      s.golden(owners(shared));
      await s.do(apply(one, 'me', configMap('one')));
      expect((await s.do(get(one))).data).toEqual({ a: '1' });
      await s.do(apply(one, 'other', configMap('one')));
      expect((await s.do(get(one))).data).toBeUndefined();
    },
  ],
  'apply-lists-by-key': [
    'lists with keys are owned entry by entry',
    async (s) => {
      await s.do(apply(d, 'me', paused('d')));
      const side = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: { template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } } },
      };
      const both = await s.do(apply(d, 'other', side));
      expect(both.spec.template.spec.containers.map(({ name }: Body) => name).sort()).toEqual(['c', 'side']);
      s.golden(owners(both));
      const without = await s.do(apply(d, 'me', paused('d')));
      expect(without.spec.template.spec.containers).toHaveLength(2);
    },
  ],
  'apply-sets': [
    'finalizers are a set',
    async (s) => {
      await s.do(apply(one, 'me', { ...configMap('one', {}, { finalizers: ['e.com/a'] }), data: undefined }));
      const both = await s.do(
        apply(one, 'other', { ...configMap('one', {}, { finalizers: ['e.com/b'] }), data: undefined }),
      );
      expect(both.metadata.finalizers.sort()).toEqual(['e.com/a', 'e.com/b']);
      s.golden(owners(both));
      await s.do(patch('merge', one, { metadata: { finalizers: null } }));
    },
  ],
  'apply-atomic': [
    'a selector is owned as a whole',
    async (s) => {
      const made = await s.do(apply(d, 'me', paused('d')));
      s.golden(owners(made));
    },
  ],
  'apply-custom': [
    'custom kinds are owned by their schema: maps by entry, plain lists as a whole',
    async (s) => {
      const list = (more: object) => ({
        type: 'array',
        items: { type: 'object', properties: { name: { type: 'string' }, v: { type: 'string' } }, required: ['name'] },
        ...more,
      });
      const properties = {
        keyed: list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
        plain: list({}),
        size: { type: 'integer', default: 3 },
      };
      await define(
        s,
        definition({
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
        }),
      );
      const w = `${widgets}/w`;
      await s.do(apply(w, 'me', widget('w', { spec: { keyed: [{ name: 'a', v: '1' }], plain: [{ name: 'x' }] } })));
      const both = await s.do(apply(w, 'other', widget('w', { spec: { keyed: [{ name: 'b', v: '2' }] } })));
      expect(both.spec).toMatchObject({ size: 3, plain: [{ name: 'x' }] });
      s.golden({
        spec: both.spec,
        owners: owners(both),
        conflict: told(await s.send(apply(w, 'other', widget('w', { spec: { plain: [{ name: 'y' }] } })))),
      });
    },
  ],
  'apply-status': [
    'a status is applied through its subresource',
    async (s) => {
      await s.do(apply(d, 'me', paused('d')));
      const condition = {
        type: 'Judged',
        status: 'True',
        reason: 'R',
        message: 'm',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        lastUpdateTime: '2026-01-01T00:00:00Z',
      };
      const body = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        status: { conditions: [condition] },
      };
      const written = await s.do(apply(`${d}/status`, 'judge', body));
      s.golden(owners(written));
    },
  ],
  'apply-refused': recorded(
    'an apply needs a manager, no managedFields, the right name and kind, and cannot force an update',
    patch('apply', one, configMap('one')),
    apply(one, 'me', configMap('one', {}, { managedFields: [] })),
    apply(one, 'me', configMap('one', {}, { managedFields: [{ manager: 'x' }] })),
    apply(one, 'me', configMap('two')),
    apply(one, 'me', { ...configMap('one'), kind: 'Secret' }),
    apply(one, 'me', { ...configMap('one'), apiVersion: 'v9' }),
    apply(one, 'me', { metadata: { name: 'one' } }),
    apply(one, 'me', 'a: [1'),
    patch('merge', `${one}?force=true`, {}),
    apply(one, 'x'.repeat(129), configMap('one')),
  ),
  'apply-locked': recorded(
    'an apply with a resourceVersion creates all the same',
    apply(one, 'me', configMap('one', {}, { resourceVersion: '1' })),
  ),
  'apply-yaml': [
    'an apply may be YAML',
    async (s) => {
      const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  a: |\n    x\n    y\n';
      expect((await s.do(apply(one, 'me', text))).data).toEqual({ a: 'x\ny\n' });
    },
  ],
  'apply-dry-run': [
    'a dry run of an apply keeps nothing',
    async (s) => {
      expect((await s.do(apply(one, 'me', configMap('one'), '&dryRun=All'))).metadata.name).toBe('one');
      expect((await s.send(get(one))).code).toBe(404);
    },
  ],
  // Ownership by other writes.
  'managed-by-create': recorded(
    'a create owns what it wrote',
    post(`${configMaps}?fieldManager=me`, configMap('one', { a: '1' }, { labels: { l: 'x' }, finalizers: [] })),
  ),
  'managed-by-user-agent': [
    'without a field manager it is the program’s name',
    async (s) => {
      const made = await s.do(
        post(configMaps, configMap('one', { a: '1' }), { headers: { 'user-agent': 'prog/v1 (linux) x' } }),
      );
      expect(made.metadata.managedFields).toMatchObject([{ manager: 'prog', operation: 'Update' }]);
    },
  ],
  'managed-by-updates': [
    'each manager has what it wrote last',
    async (s) => {
      await s.do(post(`${configMaps}?fieldManager=me`, configMap('one', { a: '1', b: '1' })));
      await s.do(patch('merge', `${one}?fieldManager=other`, { data: { b: '2', c: '3' } }));
      const changed = await s.do(put(`${one}?fieldManager=third`, configMap('one', { a: '1', c: '4' })));
      s.golden(owners(changed));
    },
  ],
  'managed-by-status': [
    'a subresource is an entry of its own',
    async (s) => {
      await s.do(post(`${pods}?fieldManager=me`, pod('p', { schedulerName: 'nobody' })));
      const written = await s.do(
        patch('merge', `${pods}/p/status?fieldManager=me`, {
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
        }),
      );
      s.golden(owners(written).filter(({ manager }: Body) => manager === 'me'));
    },
  ],
  'managed-cleared': [
    'managedFields can be emptied',
    async (s) => {
      await s.do(post(configMaps, configMap('one', { a: '1' })));
      const changed = await s.do(patch('merge', one, { metadata: { managedFields: [{}] } }));
      expect(changed.metadata.managedFields).toBeUndefined();
    },
  ],
});
