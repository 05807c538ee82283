/**
 * Answers of the real API server, kept by case: `golden/<area>.json`. What differs from run to run is replaced before
 * two answers are compared: uids, times, resource versions, addresses, and the names that the run made up.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

const folder = path.join(import.meta.dirname, 'golden');

/** Pairs of what a run made up and what it is called in a golden. */
export type Names = readonly (readonly [string, string])[];

const patterns: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC|\+00:00)/g, '<time>'],
  [/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g, '<certificate>'],
  // In the middle of a message that quotes an object.
  [/"resourceVersion\\?":\\?"\d+/g, '"resourceVersion":"<rv>'],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<word>'],
  [/\b10\.96\.\d+\.\d+\b/g, '<ip>'],
];
const replaced: Readonly<Record<string, string>> = {
  resourceVersion: '<rv>',
  uid: '<uid>',
  creationTimestamp: '<time>',
  deletionTimestamp: '<time>',
};

/** The same value without what differs from run to run. */
export function normalised(value: unknown, names: Names = []): unknown {
  if (typeof value === 'string') {
    const named = names.reduce((text, [from, to]) => text.replaceAll(from, to), value);
    return patterns.reduce((text, [pattern, to]) => text.replace(pattern, to), named);
  }
  if (Array.isArray(value)) return value.map((item) => normalised(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => {
        const stand = replaced[key];
        const known = stand !== undefined && typeof item === 'string' && item !== '';
        return [String(normalised(key, names)), known ? stand : normalised(item, names)];
      }),
  );
}

/** The goldens of a run: compared with, or recorded anew. */
export interface Goldens {
  check(id: string, value: unknown, names: Names): void;
  /** Writes what was recorded; of the cases that did not run, those that are still in the list are kept. */
  write(ids: readonly string[]): void;
}

export function openGoldens(mode: 'compare' | 'record'): Goldens {
  const areas = new Map<string, Record<string, unknown>>();
  const calls = new Map<string, number>();
  const entries = (area: string): Record<string, unknown> => {
    const known = areas.get(area);
    if (known !== undefined) return known;
    const file = path.join(folder, `${area}.json`);
    const read: Record<string, unknown> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    areas.set(area, read);
    return read;
  };
  return {
    check(id, value, names) {
      const [area = '', word = ''] = id.split('/');
      const call = (calls.get(id) ?? 0) + 1;
      calls.set(id, call);
      const key = call === 1 ? word : `${word} (${call})`;
      const seen = normalised(value, names);
      if (mode === 'record') {
        entries(area)[key] = seen;
        return;
      }
      const wanted = entries(area)[key];
      if (wanted === undefined) throw new Error(`There is no golden for ${id}: record it in the real world.`);
      expect(seen).toEqual(wanted);
    },
    write(ids) {
      if (mode !== 'record') return;
      for (const [area, read] of areas) {
        const known = Object.entries(read).filter(([key]) => ids.includes(`${area}/${key.replace(/ \(\d+\)$/, '')}`));
        const sorted = Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)));
        writeFileSync(path.join(folder, `${area}.json`), `${JSON.stringify(sorted, null, 1)}\n`);
      }
    },
  };
}
