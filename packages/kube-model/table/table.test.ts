import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { builtinTypes } from '../resources/builtin.ts';
import type { PrinterColumn, ResourceType } from '../resources/resource-type.ts';
import { toTable } from './table.ts';

/** Objects with the tables that kube-apiserver 1.37.2 made of them at a given time. */
interface Recorded {
  resource: string;
  now: number;
  /** `Name:string/name`, `IP:string wide`. */
  columns: string[];
  rows: { cells: unknown[]; conditions?: object[]; object: KubeObject }[];
  printerColumns?: PrinterColumn[];
}

interface Table {
  metadata: object;
  columnDefinitions: { name: string; type: string; format: string; description: string; priority: number }[] | null;
  rows: { cells: unknown[]; conditions?: object[]; object: object | null }[];
}

const recorded: Recorded[] = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', 'reference.json'), 'utf8'));

const builtin = builtinTypes();

function typeOf({ resource, printerColumns }: Pick<Recorded, 'resource' | 'printerColumns'>): ResourceType {
  const found = builtin.find(({ group, plural }) => (group === '' ? plural : `${plural}.${group}`) === resource);
  if (found) return found;
  const pods = builtin.find(({ plural }) => plural === 'pods');
  if (!pods) throw new Error('There are no pods.');
  return {
    ...pods,
    group: 'example.com',
    plural: resource,
    kind: 'Custom',
    crd: resource,
    columns: printerColumns ?? [],
  };
}

const tableOf = (
  type: ResourceType,
  objects: KubeObject[],
  options: Partial<Parameters<typeof toTable>[2]> = {},
): Table => toTable(type, objects, { revision: '7', includeObject: 'None', now: 0, ...options }) as Table;

describe('a table', () => {
  it('is compared for the kinds that people look at', () => {
    expect(recorded.length).toBeGreaterThan(35);
  });

  it.each(recorded.map((entry) => [entry.resource, entry] as const))(
    'of %s is the one of the real server',
    (_name, entry) => {
      const objects = entry.rows.map(({ object }) => object);
      const table = tableOf(typeOf(entry), objects, { now: entry.now });
      const columns = (table.columnDefinitions ?? []).map(({ name, type, format, priority }) => {
        return `${name}:${type}${format ? `/${format}` : ''}${priority > 0 ? ' wide' : ''}`;
      });
      expect(columns).toEqual(entry.columns);
      expect(table.rows.map(({ cells }) => cells)).toEqual(entry.rows.map(({ cells }) => cells));
      expect(table.rows.map(({ conditions }) => conditions)).toEqual(entry.rows.map(({ conditions }) => conditions));
    },
  );

  const map = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'a', labels: { x: 'y' } },
    data: {},
  });
  const maps = typeOf({ resource: 'configmaps' });

  it('carries as much of each object as is asked for', () => {
    const [none] = tableOf(maps, [map('m')]).rows;
    expect(none?.object).toBeNull();
    const [metadata] = tableOf(maps, [map('m')], { includeObject: 'Metadata' }).rows;
    expect(metadata?.object).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'm', namespace: 'a', labels: { x: 'y' } },
    });
    const [whole] = tableOf(maps, [map('m')], { includeObject: 'Object' }).rows;
    expect(whole?.object).toEqual(map('m'));
  });

  it('tells of the list that it is a page of', () => {
    expect(tableOf(maps, []).metadata).toEqual({ resourceVersion: '7' });
    expect(tableOf(maps, [], { continue: 'token', remaining: 3 }).metadata).toEqual({
      resourceVersion: '7',
      continue: 'token',
      remainingItemCount: 3,
    });
  });

  it('comes without columns after the first event of a watch', () => {
    const table = tableOf(maps, [map('m')], { headers: false });
    expect(table.columnDefinitions).toBeNull();
    expect(table.rows).toHaveLength(1);
  });

  it('shows an object that has nothing but a name', () => {
    for (const type of builtin) {
      const bare: KubeObject = { apiVersion: 'v1', kind: type.kind, metadata: { name: 'bare' } };
      const { columnDefinitions, rows } = tableOf(type, [bare]);
      expect(rows[0]?.cells, type.plural).toHaveLength(columnDefinitions?.length ?? 0);
      expect(rows[0]?.cells, type.plural).toContain('bare');
    }
  });

  it('of a custom kind without columns shows the age', () => {
    const type = typeOf({ resource: 'plain.example.com' });
    const object = { ...map('m'), metadata: { name: 'm', creationTimestamp: '2026-01-01T00:00:00Z' } };
    const { columnDefinitions, rows } = tableOf(type, [object], { now: Date.parse('2026-01-01T00:03:04Z') });
    expect(columnDefinitions?.map(({ name, type: of }) => `${name}:${of}`)).toEqual(['Name:string', 'Age:date']);
    expect(rows[0]?.cells).toEqual(['m', '3m4s']);
  });

  it('of a custom kind tells what a column means', () => {
    const columns = [
      { name: 'A', type: 'string', jsonPath: '.spec.a' },
      { name: 'B', type: 'string', jsonPath: '.spec.b', description: 'the b' },
    ];
    const { columnDefinitions } = tableOf(typeOf({ resource: 'plain.example.com', printerColumns: columns }), []);
    expect(columnDefinitions?.map(({ description }) => description)).toEqual([
      '',
      'Custom resource definition column (in JSONPath format): .spec.a',
      'the b',
    ]);
  });
});
