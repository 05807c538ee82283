/** Turns the facts of `generated/components.json` into Schema nodes, each component once. */
import components from './generated/components.json' with { type: 'json' };
import fieldsOfGo from './generated/go-fields.json' with { type: 'json' };
import type { Schema } from './schema.ts';

/** `int32`, `#Component`, with its default after `=`; or an object whose `type` is such a word. */
export type NodeFacts = string | NodeDetails;

interface NodeDetails {
  readonly type: string;
  readonly enum?: readonly unknown[];
  readonly items?: NodeFacts;
  readonly additionalProperties?: NodeFacts;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
}

export interface ComponentFacts {
  /** Of components that are no structures, such as `Quantity`. */
  readonly node?: NodeFacts;
  readonly required?: readonly string[];
  readonly mapType?: string;
  readonly properties?: Readonly<Record<string, NodeFacts>>;
}

/** A line of `generated/go-fields.json`: how Go writes fields that are zero, as words. */
export interface GoFields {
  /** They tell zero from absent. */
  readonly pointers?: string;
  /** Written even when nobody gave them. */
  readonly always?: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const facts = components as unknown as Readonly<Record<string, ComponentFacts>>;
const loaded = new Map<string, Schema>();

/** The words that are a format of a type; any other is the type itself. */
const WORDS: Readonly<Record<string, Schema>> = {
  any: { preserveUnknownFields: true },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  byte: { type: 'string', format: 'byte' },
  'date-time': { type: 'string', format: 'date-time' },
  'int-or-string': { intOrString: true, format: 'int-or-string' },
  quantity: { format: 'quantity' },
};

/**
 * The node of a component by its whole name, as in `io.k8s.api.apps.v1.Deployment`.
 * @throws Error when the facts have none of that name
 */
export function componentSchema(name: string): Schema {
  const key = name.replace(/^io\.k8s\./, '');
  const known = loaded.get(key);
  if (known) return known;
  const found = facts[key];
  if (found === undefined) throw new Error(`There is no component ${name} in schema/generated/components.json.`);
  const component = `io.k8s.${key}`;
  const { node, properties, ...own } = found;
  const schema: Mutable<Schema> = { ...(node === undefined ? { type: 'object' } : nodeOf(node)), component };
  // Known before its properties are, since components refer to themselves (`JSONSchemaProps`).
  loaded.set(key, schema);
  Object.assign(schema, own);
  if (properties) {
    schema.properties = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, nodeOf(field)]));
  }
  return schema;
}

/** How Go writes the fields of a component. */
export const goFieldsOf = ({ component = '' }: Schema): GoFields =>
  (fieldsOfGo as Readonly<Record<string, GoFields>>)[component.replace(/^io\.k8s\./, '')] ?? {};

function nodeOf(node: NodeFacts): Schema {
  const details: NodeDetails = typeof node === 'string' ? { type: node } : node;
  const { type: text, items, additionalProperties, ...own } = details;
  const equals = text.indexOf('=');
  const word = equals === -1 ? text : text.slice(0, equals);
  const base = word.startsWith('#') ? componentSchema(word.slice(1)) : (WORDS[word] ?? { type: word });
  if (equals === -1 && typeof node === 'string') return base as Schema;
  return {
    ...base,
    ...own,
    ...(equals !== -1 && { default: JSON.parse(text.slice(equals + 1)) }),
    ...(items !== undefined && { items: nodeOf(items) }),
    ...(additionalProperties !== undefined && { additionalProperties: nodeOf(additionalProperties) }),
  } as Schema;
}
