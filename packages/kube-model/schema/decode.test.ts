import type { KubeObject } from '@kubenova/kube/object.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isApiError } from '../api-error.ts';
import { systemClock } from '../clock.ts';
import { builtinTypes } from '../resources/builtin.ts';
import { schemaOf } from '../resources/custom.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { prepareForCreate, prepareForUpdate } from '../resources/strategy.ts';
import { validateCreate, validateUpdate } from '../resources/validation/validate.ts';
import { decode, prune } from './decode.ts';
import { applyDefaults } from './defaults.ts';
import type { Schema } from './schema.ts';

const types = builtinTypes();

function typeOf(kind: string): ResourceType {
  const found = types.find((type) => type.kind === kind);
  if (!found) throw new Error(`no ${kind}`);
  return found;
}

const podSpec = (spec: object) => ({ template: { spec } });

/** Words of a real API server 1.37.2, after `<kind> in version "v1" cannot be handled as a <kind>: `. */
test.each<[why: string, kind: string, body: object, message: string]>([
  [
    'a string for a number',
    'Deployment',
    { spec: { replicas: '3' } },
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'a fraction for a whole',
    'Deployment',
    { spec: { replicas: 1.5 } },
    'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'beyond 32 bits',
    'Deployment',
    { spec: { replicas: 9999999999 } },
    'json: cannot unmarshal number 9999999999 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'a number for a string, in a list',
    'Deployment',
    { spec: podSpec({ containers: [{ image: 3 }] }) },
    'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string',
  ],
  [
    'an object for a list',
    'Deployment',
    { spec: podSpec({ containers: {} }) },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
  ],
  [
    'a string for a structure',
    'Deployment',
    { spec: 'x' },
    'json: cannot unmarshal string into Go struct field Deployment.spec of type v1.DeploymentSpec',
  ],
  [
    'a number for a label',
    'Deployment',
    { spec: { template: { metadata: { labels: { a: 4 } } } } },
    'json: cannot unmarshal number into Go struct field ObjectMeta.spec.template.metadata.labels of type string',
  ],
  [
    'a string for a condition',
    'Pod',
    { spec: { hostNetwork: 'x' } },
    'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
  ],
  [
    'no quantity',
    'Pod',
    { spec: { containers: [{ resources: { limits: { cpu: 'abc' } } }] } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    'neither number nor string',
    'Service',
    { spec: { ports: [{ targetPort: true }] } },
    'json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32',
  ],
  ['no base64', 'Secret', { data: { a: 'not base64!' } }, 'illegal base64 data at input byte 3'],
  [
    'a number for bytes',
    'Secret',
    { data: { a: 3 } },
    'json: cannot unmarshal number into Go struct field Secret.data of type []uint8',
  ],
  [
    'a number in a ConfigMap',
    'ConfigMap',
    { data: { a: 3 } },
    'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
  [
    'a list for a map',
    'ConfigMap',
    { data: [3] },
    'json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string',
  ],
  [
    'no time',
    'ConfigMap',
    { metadata: { creationTimestamp: 'yesterday' } },
    'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
  ],
  [
    'a number for a kind',
    'ConfigMap',
    { metadata: { ownerReferences: [{ kind: 3 }] } },
    'json: cannot unmarshal number into Go struct field OwnerReference.metadata.ownerReferences.kind of type string',
  ],
])('%s is refused as Go refuses it', (_why, kind, body, message) => {
  const whole = `${kind} in version "v1" cannot be handled as a ${kind}: ${message}`;
  expect(() => decode(typeOf(kind), { apiVersion: 'v1', kind, ...body })).toThrow(whole);
});

test('what nobody knows is told by its path, in the order of the body', () => {
  const containers = [
    { name: 'c', x: 1 },
    { y: { z: 2 }, name: 'd' },
  ];
  const body = { metadata: { name: 'd', foo: 1 }, spec: { foo: 1, template: { spec: { containers } } } };
  const { unknownFields, object } = decode(typeOf('Deployment'), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    ...body,
  });
  expect(unknownFields).toEqual([
    'metadata.foo',
    'spec.foo',
    'spec.template.spec.containers[0].x',
    'spec.template.spec.containers[1].y',
  ]);
  expect(JSON.stringify(object)).not.toMatch(/foo|"[xyz]"/);
});

test('times come out in UTC and whole seconds, micro times with six digits', () => {
  const metadata = { name: 'x', creationTimestamp: '2026-01-01T02:00:00.5+02:00' };
  expect(decode(typeOf('ConfigMap'), { metadata }).object.metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
  const lease = { metadata: { name: 'x' }, spec: { renewTime: '2026-01-01T02:00:00.123456+02:00' } };
  expect(decode(typeOf('Lease'), lease).object.spec).toMatchObject({ renewTime: '2026-01-01T00:00:00.123456Z' });
});

test.each<[why: string, kind: string, given: object]>([
  ['a priority of zero is one', 'Pod', { spec: { priority: 0 } }],
  ['an endpoint that does not end', 'EndpointSlice', { endpoints: [{ conditions: { terminating: false } }] }],
  ['no pod of a Deployment ends', 'Deployment', { status: { terminatingReplicas: 0 } }],
  ['no pod of a Job is ready or ends', 'Job', { status: { ready: 0, terminating: 0 } }],
  ['no collision of revisions', 'StatefulSet', { status: { collisionCount: 0 } }],
  ['a condition that was never probed', 'Pod', { status: { conditions: [{ type: 'Ready', lastProbeTime: null }] } }],
  [
    'no default at all',
    'CustomResourceDefinition',
    { spec: { versions: [{ schema: { openAPIV3Schema: { default: 0 } } }] } },
  ],
])('what Go tells from absent is kept: %s', (_why, kind, given) => {
  expect(decode(typeOf(kind), given).object).toMatchObject(given);
});

test('what Go does not tell from absent is not', () => {
  const given = { spec: { replicas: 0, minReadySeconds: 0, paused: false, template: {} }, status: { replicas: 0 } };
  const { spec, status } = decode(typeOf('Deployment'), given).object;
  expect(spec).not.toHaveProperty('minReadySeconds');
  expect(spec).not.toHaveProperty('paused');
  expect(spec).toMatchObject({ replicas: 0, template: { spec: { containers: null } } });
  expect(status).toEqual({});
});

test('the input is left as it was', () => {
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'a' }] },
  };
  const before = JSON.stringify(body);
  const { object } = decode(typeOf('Pod'), body);
  applyDefaults(typeOf('Pod'), object);
  expect(JSON.stringify(body)).toBe(before);
});

/** Something that fits a schema; circles end at the given depth. */
function fitting(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.format === 'quantity') return fc.constantFrom('1', '500m', '1Gi', 2);
  if (schema.format === 'date-time') return fc.constant('2026-01-01T00:00:00.000000Z');
  if (schema.format === 'byte') return fc.base64String();
  if (schema.intOrString) return fc.oneof(fc.nat(100), fc.constant('50%'));
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer' || schema.type === 'number') return fc.nat(1000);
  if (schema.type === 'string') return fc.string({ minLength: 1, maxLength: 5 });
  if (schema.type === 'array' && schema.items) return fc.array(fitting(schema.items, depth - 1), { maxLength: 2 });
  if (schema.type !== 'object' || depth <= 0) return fc.constant({});
  if (typeof schema.additionalProperties === 'object') {
    return fc.dictionary(fc.constantFrom('a', 'b'), fitting(schema.additionalProperties, depth - 1));
  }
  const properties = Object.entries(schema.properties ?? {});
  const some = fc.subarray(properties, { maxLength: Math.min(4, properties.length) });
  return some.chain((chosen) =>
    fc.record(Object.fromEntries(chosen.map(([name, child]) => [name, fitting(child, depth - 1)]))),
  );
}

const kinds = types.filter(({ virtual, kind }) => !virtual && kind !== 'CustomResourceDefinition');

describe('whatever a kind may hold', () => {
  test('decoding knows all of it, and decoding and defaulting again change nothing', () => {
    const some = fc.constantFrom(...kinds).chain((type) => fc.tuple(fc.constant(type), fitting(type.schema, 7)));
    fc.assert(
      fc.property(some, ([type, value]) => {
        const body = { ...(value as object), apiVersion: 'v1', kind: type.kind };
        const { object, unknownFields } = decode(type, body);
        expect(unknownFields).toEqual([]);
        applyDefaults(type, object);
        const once = structuredClone(object);
        applyDefaults(type, object);
        expect(object).toEqual(once);
        const again = decode(type, object).object;
        applyDefaults(type, again);
        expect(again).toEqual(once);
      }),
      { numRuns: 400 },
    );
  });
});

test('whatever a kind may hold is prepared and judged, never a defect', () => {
  const clock = systemClock();
  const some = fc.constantFrom(...types).chain((type) => fc.tuple(fc.constant(type), fitting(type.schema, 7)));
  fc.assert(
    fc.property(some, ([type, value]) => {
      const store = createStore();
      const { object } = decode(type, { ...JSON.parse(JSON.stringify(value)), apiVersion: 'v1', kind: type.kind });
      applyDefaults(type, object);
      try {
        prepareForCreate(type, object, { store, clock });
      } catch (error) {
        expect(isApiError(error)).toBe(true);
        return;
      }
      const errors = validateCreate(type, object);
      expect(errors.every(({ field, detail }) => typeof field === 'string' && typeof detail === 'string')).toBe(true);
      const changed = structuredClone(object);
      prepareForUpdate(type, changed, object, undefined, { store, clock });
      validateUpdate(type, changed, object, undefined);
      expect(changed.metadata.generation).toBe(object.metadata.generation);
    }),
    { numRuns: 400 },
  );
});

describe('pruning by a schema', () => {
  const schema = schemaOf({
    type: 'object',
    properties: {
      text: { type: 'string' },
      list: { type: 'array', items: { type: 'object', properties: { a: { type: 'integer' } } } },
      map: { type: 'object', additionalProperties: { type: 'object', properties: { b: { type: 'boolean' } } } },
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { c: { type: 'string' } } },
    },
  });

  test('keeps everything that the schema knows', () => {
    fc.assert(
      fc.property(fitting(schema, 5), (value) => {
        expect(prune(schema, value)).toEqual(value);
      }),
    );
  });

  test('takes away everything else, at any depth, but where it may stay', () => {
    fc.assert(
      fc.property(fitting(schema, 5), fc.jsonValue(), (value, extra) => {
        const known = { open: {}, list: [{}], map: { k: {} }, ...(value as KubeObject) };
        const withMore = {
          ...known,
          zz: extra,
          list: known.list.map((each: object) => ({ ...each, zz: extra })),
          map: Object.fromEntries(Object.entries(known.map).map(([key, each]) => [key, { ...each, zz: extra }])),
          open: { ...known.open, zz: extra },
        };
        expect(prune(schema, withMore)).toEqual({ ...known, open: { ...known.open, zz: extra } });
      }),
    );
  });
});
