import type { KubeObject } from '@kubenova/kube/object.ts';
import { type ApiError, forbidden } from '@kubenova/kube-model/api-error.ts';
import { describe, expect, it } from 'vitest';
import type { AdmissionPlugin } from '../../admission/admission.ts';
import { configMap, createWorld, OPTIONS, type World } from '../testing/world.ts';
import type { Outcome } from './call.ts';
import { remove } from './deletion.ts';
import { MERGE, patch } from './patch.ts';
import { create, decoded, update } from './write.ts';

const make = (world: World, object: KubeObject, options = OPTIONS): Promise<Outcome> => {
  const call = world.on('configmaps');
  return create(world, call, options, decoded(call, options, object));
};
const merge = (world: World, name: string, change: object) =>
  patch(world, world.on('configmaps', name), OPTIONS, MERGE, change);
const revisionOf = ({ object }: Outcome) => object.metadata.resourceVersion;

describe('create', () => {
  it('sets what is the system’s, whatever was sent', async () => {
    const sent = configMap('x', {}, { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7 });
    const { object, code } = await make(createWorld(), sent);
    expect(code).toBe(201);
    expect(object.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(object.metadata.creationTimestamp ?? '')).toBeGreaterThan(Date.parse('2020-01-01'));
    expect(object.metadata).toMatchObject({ namespace: 'ns', resourceVersion: '1' });
    expect(object.metadata.generation).toBeUndefined();
  });

  it('makes names, and others when one is taken', async () => {
    const world = createWorld();
    const generated = () => make(world, configMap('', {}, { name: undefined, generateName: `${'n'.repeat(70)}-` }));
    const names = new Set<string>();
    for (let count = 0; count < 50; count += 1) names.add((await generated()).object.metadata.name);
    expect(names.size).toBe(50);
    for (const name of names) expect(name).toMatch(/^n{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it.each([
    [
      'a version',
      configMap('x', {}, { resourceVersion: '5' }),
      { code: 500, message: 'resourceVersion should not be set on objects to be created' },
    ],
    [
      'no name',
      { ...configMap(''), metadata: {} } as KubeObject,
      {
        code: 422,
        message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      },
    ],
    [
      'another namespace',
      configMap('x', {}, { namespace: 'other' }),
      { code: 400, message: 'the namespace of the provided object does not match the namespace sent on the request' },
    ],
    ['what is there', configMap('there'), { code: 409, message: 'configmaps "there" already exists' }],
    [
      'what is going',
      configMap('going'),
      { code: 409, message: 'object is being deleted: configmaps "going" already exists' },
    ],
  ])('refuses %s', async (_why, object, status) => {
    const world = createWorld();
    await make(world, configMap('there'));
    await make(world, configMap('going', {}, { finalizers: ['x.io/y'] }));
    await remove(world, world.on('configmaps', 'going'), { dryRun: false });
    await expect(make(world, object)).rejects.toMatchObject({ status });
  });

  it('writes nothing on a dry run', async () => {
    const world = createWorld();
    const { object } = await make(world, configMap('x'), { ...OPTIONS, dryRun: true });
    expect(object.metadata.uid).toBeDefined();
    expect(world.store.revision).toBe(0);
  });

  it('says what it does not know: in warnings, or as a refusal', async () => {
    const world = createWorld();
    const typo = { ...configMap('x'), dta: {} };
    const call = world.on('configmaps');
    const { object } = await create(world, call, OPTIONS, decoded(call, OPTIONS, typo, ['dta', 'data.a']));
    expect(object).not.toHaveProperty('dta');
    expect(call.warnings).toEqual(['unknown field "dta"', 'duplicate field "data.a"']);
    expect(() => decoded(call, { ...OPTIONS, fieldValidation: 'Strict' }, typo, ['data.a'])).toThrow(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta", duplicate field "data.a"',
    );
  });
});

describe('update', () => {
  const replace = (world: World, object: KubeObject) => update(world, world.on('configmaps', 'x'), OPTIONS, object);

  it('gives its writer what was sent, not what admission and the strategy add', async () => {
    const admission = (object: KubeObject | undefined) => {
      if (object) object.metadata.annotations = { by: 'admission' };
    };
    const world = createWorld([{ name: 'p', mutate: ({ object }) => admission(object) }]);
    await make(world, configMap('x', { b: '1' }));
    const { object } = await merge(world, 'x', { data: { a: '1' } });
    expect(object.metadata.annotations).toEqual({ by: 'admission' });
    const fields = { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } };
    expect(object.metadata.managedFields).toMatchObject([{ manager: 'test', fieldsV1: fields }]);
    expect(JSON.stringify(object.metadata.managedFields)).not.toContain('annotations');
  });

  it('that changes nothing writes nothing', async () => {
    const world = createWorld();
    const first = await make(world, configMap('x', { a: '1' }));
    expect(revisionOf(await replace(world, configMap('x', { a: '1' })))).toBe(revisionOf(first));
    expect(revisionOf(await merge(world, 'x', { data: { a: '1' } }))).toBe(revisionOf(first));
    expect(revisionOf(await merge(world, 'x', { data: { a: '2' } }))).not.toBe(revisionOf(first));
  });

  it.each([
    [
      'an old version',
      { resourceVersion: '1' },
      {
        code: 409,
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on configmaps "x": the object has been modified; please apply your changes to the latest version and try again',
      },
    ],
    [
      'no version at all',
      { resourceVersion: 'abc' },
      { code: 500, message: 'strconv.ParseUint: parsing "abc": invalid syntax' },
    ],
    [
      'another object of that name',
      { uid: 'other' },
      {
        code: 409,
        message: expect.stringContaining('Precondition failed: UID in precondition: other, UID in object meta: '),
      },
    ],
    [
      'another name',
      { name: 'y' },
      { code: 400, message: 'the name of the object (y) does not match the name on the URL (x)' },
    ],
    [
      'no name',
      { name: '' },
      { code: 400, message: 'the name of the object (x based on URL) was undeterminable: name must be provided' },
    ],
  ])('refuses %s', async (_why, metadata, status) => {
    const world = createWorld();
    await make(world, configMap('x'));
    await merge(world, 'x', { data: { a: '2' } });
    await expect(replace(world, configMap('x', {}, metadata))).rejects.toMatchObject({ status });
  });

  it('creates kinds that are known for it, and no others', async () => {
    const world = createWorld();
    await expect(replace(world, configMap('x'))).rejects.toMatchObject({ status: { code: 404 } });
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };
    const call = world.on('leases.coordination.k8s.io', 'l');
    expect((await update(world, call, OPTIONS, lease)).code).toBe(201);
    await expect(update(world, call, OPTIONS, lease)).rejects.toMatchObject({
      status: {
        code: 422,
        message:
          'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      },
    });
  });

  it('is made again on what is there when somebody was faster, unless a version was named', async () => {
    let meddle = 0;
    const meddler: AdmissionPlugin = {
      name: 'meddler',
      validate({ operation }) {
        if (operation !== 'UPDATE' || meddle === 0) return;
        meddle -= 1;
        const there = world.store.get('configmaps', 'ns', 'x');
        const object = { ...there?.object, data: { theirs: String(meddle) } } as KubeObject;
        world.store.put('configmaps', object, there);
      },
    };
    const world = createWorld([meddler]);
    const { object } = await make(world, configMap('x'));
    meddle = 3;
    expect((await merge(world, 'x', { data: { ours: '1' } })).object.data).toEqual({ theirs: '0', ours: '1' });
    meddle = 1;
    const { resourceVersion } = (await merge(world, 'x', {})).object.metadata;
    meddle = 1;
    const named = { ...object, metadata: { ...object.metadata, resourceVersion } };
    await expect(replace(world, named)).rejects.toMatchObject({ status: { reason: 'Conflict' } });
  });
});

describe('delete', () => {
  const erase = (world: World, options: object = {}, plural = 'configmaps') =>
    remove(world, world.on(plural, 'x'), { dryRun: false, ...options });

  it('answers a Status without a code', async () => {
    const world = createWorld();
    const { object } = await make(world, configMap('x'));
    const details = { name: 'x', kind: 'configmaps', uid: object.metadata.uid };
    expect(await erase(world)).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
    await expect(erase(world)).rejects.toMatchObject({ status: { code: 404, message: 'configmaps "x" not found' } });
  });

  it('waits for finalizers, and whoever takes the last one away deletes', async () => {
    const world = createWorld();
    await make(world, configMap('x', {}, { finalizers: ['x.io/a'] }));
    await erase(world);
    const marked = world.store.get('configmaps', 'ns', 'x')?.object.metadata;
    expect(marked).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 });
    const kept = await merge(world, 'x', { metadata: { deletionTimestamp: null } });
    expect(kept.object.metadata.deletionTimestamp).toBe(marked?.deletionTimestamp);
    await merge(world, 'x', { metadata: { finalizers: null } });
    expect(world.store.get('configmaps', 'ns', 'x')).toBeUndefined();
  });

  it.each([
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ])('leaves the dependents to the garbage collector: %s', async (propagationPolicy, finalizers) => {
    const world = createWorld();
    await make(world, configMap('x'));
    await erase(world, { propagationPolicy });
    expect(world.store.get('configmaps', 'ns', 'x')?.object.metadata.finalizers).toEqual(finalizers);
    await erase(world, { propagationPolicy: 'Background' });
    expect(world.store.get('configmaps', 'ns', 'x')).toBeUndefined();
  });

  it.each([
    [
      { uid: 'other' },
      /^Operation cannot be fulfilled on ConfigMap "x": the UID in the precondition \(other\) does not match the UID in record \(.*\)\. The object might have been deleted and then recreated$/,
    ],
    [
      { resourceVersion: '9' },
      'Operation cannot be fulfilled on ConfigMap "x": the ResourceVersion in the precondition (9) does not match the ResourceVersion in record (1). The object might have been modified',
    ],
  ])('only under its preconditions: %j', async (preconditions, message) => {
    const world = createWorld();
    await make(world, configMap('x'));
    await expect(erase(world, { preconditions })).rejects.toThrow(message);
  });

  it('gives a pod its time, which can only get shorter', async () => {
    const world = createWorld();
    const call = world.on('pods');
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 20 };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec };
    await create(world, call, OPTIONS, decoded(call, OPTIONS, pod));
    const grace = () => world.store.get('pods', 'ns', 'x')?.object.metadata as { deletionGracePeriodSeconds?: number };
    await erase(world, {}, 'pods');
    expect(grace().deletionGracePeriodSeconds).toBe(20);
    await erase(world, { gracePeriodSeconds: 40 }, 'pods');
    expect(grace().deletionGracePeriodSeconds).toBe(20);
    await erase(world, { gracePeriodSeconds: 10 }, 'pods');
    expect(grace().deletionGracePeriodSeconds).toBe(10);
    expect(await erase(world, { gracePeriodSeconds: 0 }, 'pods')).toMatchObject({ kind: 'Pod' });
    expect(world.store.get('pods', 'ns', 'x')).toBeUndefined();
  });

  it('marks a namespace and leaves the rest to its controller', async () => {
    const world = createWorld();
    const call = world.on('namespaces');
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } };
    await create(world, call, OPTIONS, decoded(call, OPTIONS, namespace));
    await erase(world, {}, 'namespaces');
    const marked = world.store.get('namespaces', '', 'x')?.object;
    expect(marked).toMatchObject({ status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } });
    const finalize = world.on('namespaces', 'x', 'finalize');
    await update(world, finalize, OPTIONS, { ...structuredClone(marked as KubeObject), spec: { finalizers: [] } });
    expect(world.store.get('namespaces', '', 'x')).toBeUndefined();
  });
});

describe('an update that creates', () => {
  it.each([
    [
      'asks for the right to create first',
      {
        mayCreate: () => {
          throw forbidden({ group: '', plural: 'services' }, 'x', 'no');
        },
      },
      403,
    ],
    ['creates when nobody objects', {}, 201],
  ] as const)('%s', async (_what, more, code) => {
    const world = createWorld();
    const call = { ...world.on('services', 'x'), ...more };
    const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } };
    const answer = await update(world, call, OPTIONS, body).catch((error: ApiError) => error.status);
    expect(answer.code).toBe(code);
    expect(world.store.count('services')).toBe(code === 201 ? 1 : 0);
  });
});
