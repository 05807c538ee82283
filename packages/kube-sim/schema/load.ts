/** Turns the facts of `generated/components.json` into Schema nodes, each component once and when first looked at. */
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
  const schema: Mutable<Schema> =
    found.node === undefined ? { type: 'object', component } : { ...nodeOf(found.node), component };
  loaded.set(key, schema);
  if (found.required) schema.required = found.required;
  if (found.mapType) schema.mapType = found.mapType as Schema['mapType'];
  if (found.properties) lazily(schema, found.properties);
  return schema;
}

/** How Go writes the fields of a component. */
export const goFieldsOf = ({ component = '' }: Schema): GoFields =>
  (fieldsOfGo as Readonly<Record<string, GoFields>>)[component.replace(/^io\.k8s\./, '')] ?? {};

/** Properties are made when first read, since components refer to each other in circles. */
function lazily(schema: Mutable<Schema>, properties: Readonly<Record<string, NodeFacts>>): void {
  Object.defineProperty(schema, 'properties', {
    configurable: true,
    enumerable: true,
    get() {
      const value = Object.fromEntries(Object.entries(properties).map(([key, node]) => [key, nodeOf(node)]));
      Object.defineProperty(schema, 'properties', { value, enumerable: true });
      return value;
    },
  });
}

function nodeOf(node: NodeFacts): Schema {
  const details: Partial<NodeDetails> = typeof node === 'string' ? {} : node;
  const text = typeof node === 'string' ? node : node.type;
  const equals = text.indexOf('=');
  const word = equals === -1 ? text : text.slice(0, equals);
  const base = word.startsWith('#')
    ? componentSchema(word.slice(1))
    : (WORDS[word] ?? { type: word as Schema['type'] });
  const { type: _word, items, additionalProperties, ...rest } = details;
  if (equals === -1 && typeof node === 'string') return base;
  // A reference with something of its own is a copy that keeps its component's lazy properties.
  const own: Mutable<Schema> = { ...(rest as Partial<Schema>) };
  if (equals !== -1) own.default = JSON.parse(text.slice(equals + 1));
  if (items !== undefined) own.items = nodeOf(items);
  if (additionalProperties !== undefined) own.additionalProperties = nodeOf(additionalProperties);
  const copy: Mutable<Schema> = Object.defineProperties({}, lazyDescriptors(base));
  return Object.assign(copy, own);
}

function lazyDescriptors(base: Schema): PropertyDescriptorMap {
  const descriptors: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(base);
  if (descriptors.properties?.get) {
    descriptors.properties = { configurable: true, enumerable: true, get: () => base.properties };
  }
  return descriptors;
}
