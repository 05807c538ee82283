import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedEntry } from './packed-entry.ts';
import { compareKeys, SortedEntries } from './sorted-entries.ts';

const entryOf = (namespace: string, name: string): PackedEntry =>
  new PackedEntry({ apiVersion: 'v1', kind: 'X', metadata: { name, namespace, uid: 'u' } }, '{}', 1, []);
const key = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;
const part = fc.stringMatching(/^[a-c][-.a-c]{0,3}$/);

describe('the order of keys', () => {
  it('is that of the bytes of namespace/name', () => {
    fc.assert(
      fc.property(part, part, part, part, (a, b, c, d) => {
        const [left, right] = [`${a}/${b}`, `${c}/${d}`];
        expect(Math.sign(compareKeys(a, b, c, d))).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });
});

describe('sorted entries', () => {
  it('hold what a map would hold, in order', () => {
    const step = fc.record({ add: fc.boolean(), namespace: part, name: part });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const entries = new SortedEntries();
        const model = new Map<string, PackedEntry>();
        for (const { add, namespace, name } of steps) {
          const entry = entryOf(namespace, name);
          if (add) {
            entries.set(entry);
            model.set(key(entry), entry);
          } else {
            entries.delete(namespace, name);
            model.delete(key(entry));
          }
        }
        const expected = [...model.keys()].sort();
        expect(entries.in(undefined).map(key)).toEqual(expected);
        expect(entries.size).toBe(model.size);
        for (const entry of model.values()) expect(entries.get(entry.namespace, entry.name)).toBe(entry);
        expect(entries.in('a').map(key)).toEqual(expected.filter((each) => each.startsWith('a/')));
      }),
    );
  });

  it('stay in order over many chunks, whichever way they are filled', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `n-${String(index).padStart(5, '0')}`);
    const shuffled = names.toSorted((a, b) => (a.charAt(6) + a < b.charAt(6) + b ? 1 : -1));
    for (const order of [names, names.toReversed(), shuffled]) {
      const entries = new SortedEntries();
      for (const name of order) entries.set(entryOf('x', name));
      expect(entries.in('x').map(({ name }) => name)).toEqual(names);
      for (const name of order.slice(0, 2999)) entries.delete('x', name);
      expect(entries.in(undefined)).toEqual([entries.get('x', order[2999] ?? '')]);
    }
  });
});
