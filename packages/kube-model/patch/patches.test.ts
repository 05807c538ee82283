/** What the goldens cannot show: documents too big to record, names that JavaScript holds dear, and inputs left alone. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api-error.ts';
import { builtinTypes } from '../resources/builtin.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicPatch } from './strategic.ts';

const schema = builtinTypes().find(({ plural }) => plural === 'configmaps')?.schema ?? {};

/** Parsed, as a request's body is, so that `__proto__` is a field like any other. */
const parsed = <T>(json: string): T => JSON.parse(json) as T;
const configMap = (data = '{"x":"1"}'): KubeObject =>
  parsed(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":${data}}`);

const refusal = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof ApiError ? error.status : error;
  }
};

describe('names that JavaScript holds dear', () => {
  it.each(['__proto__', 'constructor', 'toString', 'a~b/c'])('%s is a key as good as any', (key) => {
    const patch = parsed<object>(`{"data":{"${key}":"2"}}`);
    const pointer = key.replaceAll('~', '~0').replaceAll('/', '~1');
    const expected = `{"x":"1","${key}":"2"}`;
    const results = [
      applyMergePatch(configMap(), patch),
      applyStrategicPatch(schema, configMap(), patch),
      applyJsonPatch(configMap(), [{ op: 'add', path: `/data/${pointer}`, value: '2' }]),
    ];
    for (const result of results) expect(JSON.stringify((result as KubeObject).data)).toBe(expected);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it.each(['__proto__', 'constructor'])('%s is not there before it is set', (key) => {
    const missing = [{ op: 'remove', path: `/data/${key}` }];
    expect(refusal(() => applyJsonPatch(configMap(), missing))).toMatchObject({ code: 422, reason: 'Invalid' });
    const map = parsed<object>(`{"data":{"${key}":{"y":"1"}}}`);
    expect(JSON.stringify((applyMergePatch(configMap(), map) as KubeObject).data)).toBe(`{"x":"1","${key}":{"y":"1"}}`);
  });
});

describe('a JSON patch', () => {
  const test = { op: 'test', path: '/data/x', value: '1' };

  it('may have ten thousand operations', () => {
    expect(applyJsonPatch(configMap(), new Array(10_000).fill(test))).toEqual(configMap());
  });

  it('may not have one more', () => {
    expect(refusal(() => applyJsonPatch(configMap(), new Array(10_001).fill(test)))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
      reason: 'RequestEntityTooLarge',
      code: 413,
    });
  });

  it('changes nothing when one of its operations does not apply', () => {
    const object = configMap();
    const patch = [
      { op: 'add', path: '/data/y', value: '2' },
      { ...test, value: '9' },
    ];
    expect(refusal(() => applyJsonPatch(object, patch))).toMatchObject({ code: 422 });
    expect(object).toEqual(configMap());
  });
});

describe('any patch', () => {
  const json = fc.jsonValue({ maxDepth: 3 }).map((value) => parsed<unknown>(JSON.stringify(value)));

  it('leaves what it is given as it was, and answers or refuses', () => {
    fc.assert(
      fc.property(json, json, (data, patch) => {
        const object = { ...configMap(), data } as KubeObject;
        const before = JSON.stringify([object, patch]);
        for (const run of [
          () => applyMergePatch(object, { data: patch }),
          () => applyStrategicPatch(schema, object, { data: patch }),
          () => applyJsonPatch(object, [{ op: 'replace', path: '/data', value: patch }]),
          () => applyJsonPatch(object, patch),
        ]) {
          expect(refusal(run)).not.toBeInstanceOf(Error);
        }
        expect(JSON.stringify([object, patch])).toBe(before);
      }),
    );
  });

  it('merges so that merging again changes nothing', () => {
    fc.assert(
      fc.property(json, json, (data, patch) => {
        const once = applyMergePatch({ ...configMap(), data }, { data: patch });
        expect(applyMergePatch(once, { data: patch })).toEqual(once);
      }),
    );
  });
});
