import { readFileSync } from 'node:fs';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { systemClock } from '../clock.ts';
import { decode } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { builtinTypes } from './builtin.ts';
import { typesOfDefinition } from './custom.ts';
import { prepareForCreate, prepareForUpdate } from './strategy.ts';
import { widgetDefinition } from './testing/ask.ts';
import { validateCreate, validateUpdate, warningsOf } from './validation/validate.ts';

const types = builtinTypes();
const typeOf = (kind: string) => {
  const found = types.find((type) => type.kind === kind);
  if (!found) throw new Error(`no ${kind}`);
  return found;
};
const definitionType = typeOf('CustomResourceDefinition');
const context = { store: createStore(), clock: systemClock() };

const manifests = new URL('../../stand-ins/kubevela/manifests/10-kinds.yaml', import.meta.url);
const kinds = parseAllDocuments(readFileSync(manifests, 'utf8')).map((each) => each.toJS() as KubeObject);

test.each(kinds.map((each) => [each.metadata.name, each] as const))(
  'the stand-in for KubeVela brings %s',
  (_, given) => {
    const { object, unknownFields } = decode(definitionType, given);
    applyDefaults(definitionType, object);
    prepareForCreate(definitionType, object, context);
    expect(unknownFields).toEqual([]);
    expect(validateCreate(definitionType, object)).toEqual([]);
    expect(typesOfDefinition(object).length).toBeGreaterThan(0);
  },
);

test('a definition becomes a kind for each served version', () => {
  expect(typesOfDefinition(widgetDefinition())).toMatchObject([
    {
      group: 'kube-sim.example.com',
      version: 'v1',
      kind: 'Widget',
      plural: 'widgets',
      namespaced: true,
      listKind: 'WidgetList',
      shortNames: ['wd'],
      categories: ['all'],
      storage: 'widgets.kube-sim.example.com',
      crd: 'widgets.kube-sim.example.com',
      selectableFields: ['spec.color'],
      columns: [{ name: 'Color', jsonPath: '.spec.color' }],
      subresources: {
        status: { verbs: ['get', 'patch', 'update'] },
        scale: { kind: 'Scale', scalePaths: { spec: '.spec.replicas', status: '.status.replicas' } },
      },
    },
  ]);
});

const [widget] = typesOfDefinition(widgetDefinition());
if (!widget) throw new Error('nothing is served');

const made = (spec: object, more: object = {}): KubeObject => ({
  apiVersion: 'kube-sim.example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'x', generation: 1 },
  spec,
  ...more,
});

test('through its status only the status of a custom object changes', () => {
  const old = made({ replicas: 1 }, { status: { phase: 'Old' } });
  const object = made({ replicas: 2 }, { status: { phase: 'New' } });
  object.metadata.labels = { a: 'b' };
  prepareForUpdate(widget, object, old, 'status', context);
  expect(object).toEqual(made({ replicas: 1 }, { status: { phase: 'New' } }));
});

test('through itself everything but the status changes, and the generation counts', () => {
  const old = made({ replicas: 1 }, { status: { phase: 'Old' } });
  const object = made({ replicas: 2 }, { status: { phase: 'New' } });
  prepareForUpdate(widget, object, old, undefined, context);
  expect(object).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 2 }, status: { phase: 'Old' } });
});

test('through its status no object counts a generation, whatever comes with it', () => {
  for (const kind of ['Deployment', 'CustomResourceDefinition', 'HorizontalPodAutoscaler', 'Pod']) {
    const type = typeOf(kind);
    const metadata = { name: 'x', generation: 3 };
    const old: KubeObject = { apiVersion: 'v1', kind, metadata, spec: { a: 1 }, status: { a: 1 } };
    const object: KubeObject = { ...old, metadata: { name: 'x' }, spec: { a: 2 }, status: { a: 2 } };
    object.metadata.annotations = { a: 'b' };
    prepareForUpdate(type, object, old, 'status', context);
    expect(object).toMatchObject({ metadata: { generation: 3 }, spec: { a: 1 }, status: { a: 2 } });
  }
});

test('labels alone do not count a generation', () => {
  const object = made({ replicas: 1 });
  object.metadata.labels = { a: 'b' };
  prepareForUpdate(widget, object, made({ replicas: 1 }), undefined, context);
  expect(object.metadata.generation).toBe(1);
});

test('an update is not blamed for what it did not touch', () => {
  const old = made({ replicas: 11, min: 3, max: 2 });
  expect(validateUpdate(widget, { ...old, status: { phase: 'x' } }, old, 'status')).toEqual([]);
  const changed = made({ replicas: 12, min: 3, max: 2 });
  expect(validateUpdate(widget, changed, old, undefined).map(({ field }) => field)).toContain('spec.replicas');
});

test('a Namespace keeps its finalizers and its label, whatever is written', () => {
  const namespace = typeOf('Namespace');
  const old = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'n' },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' }, spec: {}, status: {} };
  prepareForUpdate(namespace, object, old, undefined, context);
  expect(object).toEqual({ ...old, metadata: { name: 'n', labels: { 'kubernetes.io/metadata.name': 'n' } } });
  prepareForUpdate(namespace, object, old, 'finalize', context);
  expect(object.status).toEqual(old.status);
});

test('a Service that is written without its address keeps it, and two never share one', () => {
  const type = typeOf('Service');
  const store = createStore();
  const service = (name: string, spec: object): KubeObject => {
    const { object } = decode(type, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, uid: name, namespace: 'x' },
      spec,
    });
    applyDefaults(type, object);
    return object;
  };
  const first = service('a', { ports: [{ port: 80 }], type: 'NodePort' });
  prepareForCreate(type, first, { store, clock: systemClock() });
  store.put('services', first, undefined);
  const { clusterIP, ports } = first.spec as { clusterIP: string; ports: { nodePort: number }[] };
  const written = service('a', { ports: [{ port: 80 }], type: 'NodePort' });
  prepareForUpdate(type, written, first, undefined, { store, clock: systemClock() });
  expect(written.spec).toMatchObject({ clusterIP, ports: [{ nodePort: ports[0]?.nodePort }] });
  const second = service('b', { ports: [{ port: 80, nodePort: ports[0]?.nodePort }], type: 'NodePort', clusterIP });
  expect(() => prepareForCreate(type, second, { store, clock: systemClock() })).toThrow(
    `Service "b" is invalid: [spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: provided IP is already allocated, spec.ports[0].nodePort: Invalid value: ${ports[0]?.nodePort}: provided port is already allocated]`,
  );
});

test('annotations and data have their limits', () => {
  const type = typeOf('ConfigMap');
  const object = (more: object, annotations = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'x', annotations },
    ...more,
  });
  expect(validateCreate(type, object({}, { a: 'x'.repeat(262_144) }))).toMatchObject([
    { kind: 'TooLong', field: 'metadata.annotations', detail: 'may not be more than 262144 bytes' },
  ]);
  expect(validateCreate(type, object({ data: { a: 'x'.repeat(1_048_577) } }))).toMatchObject([
    { kind: 'TooLong', field: '[]', detail: 'may not be more than 1048576 bytes' },
  ]);
});

test('what is taken with a warning', () => {
  const env = [{ name: 'A' }, { name: 'A' }];
  const spec = { containers: [{ name: 'c', image: 'a', env }] };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
  expect(warningsOf(typeOf('Pod'), pod)).toEqual([
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
  ]);
});
