/**
 * `meta.k8s.io/v1.Table`: objects as the rows that `kubectl get` prints.
 * Sources: Kubernetes, "Receiving resources as Tables"; for custom kinds `apiextensions-apiserver`'s table convertor.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { PrinterColumn, ResourceType } from '../resources/resource-type.ts';
import { type Column, columnsOf } from './columns.ts';
import { ageOf } from './human-duration.ts';
import { jsonPath } from './json-path.ts';

export interface TableOptions {
  readonly revision: string;
  readonly continue?: string;
  /** How many more there are after this page. */
  readonly remaining?: number;
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  /** False for all but the first event of a watch. */
  readonly headers?: boolean;
}

export function toTable(type: ResourceType, entries: readonly KubeObject[], options: TableOptions): object {
  const columns = type.crd === undefined ? columnsOf(type) : customColumns(type.columns);
  const { revision, remaining, includeObject, now, headers = true } = options;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {
      resourceVersion: revision,
      ...(options.continue && { continue: options.continue }),
      ...(remaining !== undefined && { remainingItemCount: remaining }),
    },
    columnDefinitions: headers ? columns.map(definitionOf) : null,
    rows: entries.map((entry) => ({
      cells: columns.map(({ cell }) => cell(entry, now) ?? null),
      ...conditionsOf(type, entry),
      object: shown(entry, includeObject),
    })),
  };
}

function shown(object: KubeObject, include: TableOptions['includeObject']): object | null {
  if (include === 'Object') return object;
  if (include === 'None') return null;
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

function definitionOf({ name, type, format = '', description = '', priority = 0 }: Column): object {
  return { name, type, format, description, priority };
}

const ENDED: Readonly<Record<string, string>> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
};

/** kubectl hides ended pods by this. */
function conditionsOf(type: ResourceType, object: KubeObject): object {
  if (type.kind !== 'Pod' || type.group !== '') return {};
  const phase = (object.status as { phase?: string } | undefined)?.phase ?? '';
  const message = ENDED[phase];
  return message ? { conditions: [{ type: 'Completed', status: 'True', reason: phase, message }] } : {};
}

const NAME: Column = { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata.name };
const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function customColumns(columns: readonly PrinterColumn[] = []): Column[] {
  const own = (columns.length > 0 ? columns : [AGE]).map((column): Column => {
    const read = jsonPath(column.jsonPath);
    const description = `Custom resource definition column (in JSONPath format): ${column.jsonPath}`;
    return { description, ...column, cell: (object, now) => customCell(column.type, read(object), now) };
  });
  return [NAME, ...own];
}

/** A value that is not of the column's type leaves its cell empty. */
function customCell(type: string, value: unknown, now: number): unknown {
  if (value === undefined || value === null) return undefined;
  switch (type) {
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : undefined;
    case 'number':
    case 'boolean':
      return typeof value === type ? value : undefined;
    case 'date':
      if (typeof value !== 'string') return undefined;
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now);
    default:
      return undefined;
  }
}
