import type { KubeObject } from '@kubenova/kube/object.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isApiError } from '../api-error.ts';
import { builtinTypes } from '../resources/builtin.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { serverSideApply } from './apply.ts';
import { type FieldSet, isMember, paths, pathText } from './field-set.ts';
import { entriesOf, trackUpdate } from './managed-fields.ts';

const service = typeOf('services');

function typeOf(plural: string): ResourceType {
  const found = builtinTypes().find((type) => type.plural === plural && type.version === 'v1');
  if (!found) throw new Error(`no ${plural}`);
  return found;
}

const EARLY = '2026-01-01T00:00:00Z';
const LATE = '2026-01-01T00:00:01Z';

const word = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__', 'x<y');
const labels = fc.array(fc.tuple(word, word), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs));
const port = fc.record(
  {
    port: fc.constantFrom(80, 81, 443),
    protocol: fc.constantFrom('TCP', 'UDP'),
    name: word,
    targetPort: fc.oneof(word, fc.nat(9)),
  },
  { requiredKeys: ['port'] },
);
const ports = fc.uniqueArray(port, { maxLength: 4, selector: ({ port, protocol = 'TCP' }) => `${port}/${protocol}` });

/** Parts of a Service: maps, keyed lists with a default key, sets, atomics. */
const configuration: fc.Arbitrary<KubeObject> = fc
  .record({
    metadata: fc.record({ labels, finalizers: fc.uniqueArray(word, { maxLength: 3 }) }, { requiredKeys: [] }),
    spec: fc.record({ ports, selector: labels, type: word }, { requiredKeys: [] }),
  })
  .map(({ metadata, spec }) => ({ apiVersion: 'v1', kind: 'Service', metadata: { ...metadata, name: 's' }, spec }))
  .map((object) => JSON.parse(JSON.stringify(object)) as KubeObject);

const apply = (
  live: KubeObject | undefined,
  applied: KubeObject,
  manager: string,
  force = false,
  now = EARLY,
): KubeObject => serverSideApply({ type: service, live, applied, manager, force, now });

const ownedBy = (object: KubeObject, manager: string): FieldSet =>
  entriesOf(object).find((entry) => entry.manager === manager)?.fieldsV1 ?? {};
const told = (set: FieldSet): string[] => paths(set).map(pathText);

describe('server-side apply', () => {
  it('changes nothing, not even a time, when applied again', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const once = apply(apply(undefined, first, 'A'), second, 'B', true);
        expect(apply(once, second, 'B', false, LATE)).toEqual(once);
      }),
    );
  });

  it('never conflicts about values that are the same', () => {
    fc.assert(
      fc.property(configuration, (configured) => {
        const live = apply(undefined, configured, 'A');
        const both = apply(live, configured, 'B');
        expect(told(ownedBy(both, 'B'))).toEqual(told(ownedBy(live, 'A')));
        expect(told(ownedBy(both, 'A'))).toEqual(told(ownedBy(live, 'A')));
      }),
    );
  });

  it('owns exactly what it applied once forced, and takes from others only that', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const live = apply(undefined, first, 'A');
        const forced = apply(live, second, 'B', true, LATE);
        expect(told(ownedBy(forced, 'B'))).toEqual(told(ownedBy(apply(undefined, second, 'B'), 'B')));
        const taken = told(ownedBy(live, 'A')).filter((path) => !told(ownedBy(forced, 'A')).includes(path));
        expect(told(ownedBy(forced, 'B'))).toEqual(expect.arrayContaining(taken));
      }),
    );
  });

  it('conflicts exactly about what a force would take', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const live = apply(undefined, first, 'A');
        const forced = apply(live, second, 'B', true, LATE);
        const left = told(ownedBy(forced, 'A'));
        const taken = told(ownedBy(live, 'A')).filter((path) => !left.includes(path));
        let causes: unknown[] = [];
        try {
          apply(live, second, 'B');
        } catch (error) {
          if (isApiError(error, 'Conflict')) causes = error.status.details?.causes?.map(({ field }) => field) ?? [];
        }
        expect(causes).toEqual(taken);
      }),
    );
  });

  it('leaves what it was given as it was, and takes back what it alone applied', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const live = apply(undefined, first, 'A');
        const before = JSON.stringify([live, second]);
        const forced = apply(live, second, 'B', true);
        expect(JSON.stringify([live, second])).toBe(before);
        const nothing = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } };
        const gone = apply(apply(forced, nothing, 'B'), nothing, 'A');
        expect(entriesOf(gone).filter(({ operation }) => operation === 'Apply')).toEqual([]);
        expect(gone.metadata.finalizers ?? []).toEqual([]);
      }),
    );
  });
});

describe('an update', () => {
  it('owns all of a new object, and nothing when nothing changes', () => {
    fc.assert(
      fc.property(configuration, (made) => {
        trackUpdate({ type: service, before: undefined, after: made, manager: 'A', now: EARLY });
        const again = structuredClone(made);
        trackUpdate({ type: service, before: made, after: again, manager: 'B', now: LATE });
        expect(again).toEqual(made);
      }),
    );
  });

  it('moves what differs to the writer and forgets what is gone', () => {
    fc.assert(
      fc.property(configuration, configuration, (before, after) => {
        trackUpdate({ type: service, before: undefined, after: before, manager: 'A', now: EARLY });
        if (entriesOf(before).length === 0) return;
        trackUpdate({ type: service, before, after, manager: 'B', now: LATE });
        const mine = told(ownedBy(after, 'B'));
        expect(told(ownedBy(after, 'A')).filter((path) => mine.includes(path))).toEqual([]);
        const whole = structuredClone(after);
        delete whole.metadata.managedFields;
        trackUpdate({ type: service, before: undefined, after: whole, manager: 'C', now: LATE });
        const all = new Set([...told(ownedBy(after, 'A')), ...mine]);
        for (const path of told(ownedBy(whole, 'C'))) expect(all).toContain(path);
      }),
    );
  });

  it.each([
    ['a read-only field', { resourceVersion: '9', uid: 'u', generation: 4, creationTimestamp: LATE }],
    ['nothing at all', {}],
  ])('owns nothing by changing %s', (_what, metadata) => {
    const before: KubeObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', labels: { a: '1' } } };
    trackUpdate({ type: service, before: undefined, after: before, manager: 'A', now: EARLY });
    const after: KubeObject = structuredClone({ ...before, metadata: { ...before.metadata, ...metadata } });
    trackUpdate({ type: service, before, after, manager: 'B', now: LATE });
    expect(after.metadata.managedFields).toEqual(before.metadata.managedFields);
  });

  it('shares one set among objects of the same fields', () => {
    const make = (name: string): KubeObject => {
      const after: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: name } };
      trackUpdate({ type: typeOf('configmaps'), before: undefined, after, manager: 'A', now: EARLY });
      return after;
    };
    expect(ownedBy(make('one'), 'A')).toBe(ownedBy(make('two'), 'A'));
    expect(isMember(ownedBy(make('one'), 'A')['f:data'] ?? {})).toBe(true);
  });
});
