/**
 * Reads bodies in protobuf, which the typed clients of client-go send for built-in kinds: `kubectl create`, helm, most
 * controllers. Answers are JSON all the same; such clients take both.
 *
 * The field numbers are facts from Kubernetes' `.proto` files (`e2e/real/kube-sim-facts/protobuf.ts`), the types come from the OpenAPI facts.
 * Source: Kubernetes API concepts, "Kubernetes Protobuf encoding"; protobuf.dev, "Encoding".
 */
import { componentSchema } from '../schema/load.ts';
import type { Schema } from '../schema/schema.ts';
import fields from './generated/fields.json' with { type: 'json' };

/** Of a message: its fields' JSON names by number; what Go embeds is a list in the place of a name. */
export type MessageFields = readonly (string | MessageFields)[];

const facts = fields as Readonly<Record<string, MessageFields>>;
const MAGIC = 'k8s\0';
type Json = Record<string, unknown>;

/** Whether bodies of a component can be read. */
export const hasFieldNumbers = (component: string): boolean => factsOf(component) !== undefined;

/**
 * @param component of the expected kind, as in `io.k8s.api.core.v1.Pod`
 * @throws Error when it is no such message
 */
export function decodeProtobuf(data: Buffer, component: string): Json {
  if (data.subarray(0, 4).toString('latin1') !== MAGIC)
    throw new Error('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const type: Json = {};
  let raw: Buffer = Buffer.alloc(0);
  for (const [number, value] of readFields(data.subarray(4))) {
    if (number === 2) raw = value as Buffer;
    if (number !== 1) continue;
    for (const [part, text] of readFields(value as Buffer)) type[part === 1 ? 'apiVersion' : 'kind'] = String(text);
  }
  return { kind: type.kind, apiVersion: type.apiVersion, ...message(raw, componentSchema(component)) };
}

const factsOf = (component = ''): MessageFields | undefined => facts[component.replace(/^io\.k8s\./, '')];

function message(data: Buffer, schema: Schema): Json {
  const into: Json = {};
  fill(into, data, factsOf(schema.component) ?? [], schema);
  return into;
}

function fill(into: Json, data: Buffer, names: MessageFields, schema: Schema): void {
  for (const [number, value] of readFields(data)) {
    const name = names[number - 1];
    if (name === undefined || name === '') continue;
    if (typeof name !== 'string') {
      fill(into, value as Buffer, name, schema);
      continue;
    }
    const property = schema.properties?.[name] ?? {};
    if (property.type === 'array') {
      const list = (into[name] ?? []) as unknown[];
      list.push(one(value, property.items ?? {}));
      into[name] = list;
    } else if (property.additionalProperties !== undefined && factsOf(property.component) === undefined) {
      const { 1: key = '', 2: entry } = Object.fromEntries(readFields(value as Buffer));
      const map = (into[name] ?? {}) as Json;
      const of = property.additionalProperties === true ? {} : property.additionalProperties;
      map[String(key)] = entry === undefined ? '' : one(entry, of);
      into[name] = map;
    } else into[name] = one(value, property);
  }
}

/** One value: a varint or a double, or bytes that are what the schema says. */
function one(value: Wire, schema: Schema): unknown {
  if (typeof value === 'number') return schema.type === 'boolean' ? value !== 0 : value;
  if (typeof value === 'bigint') return schema.type === 'boolean' ? value !== 0n : Number(BigInt.asIntN(64, value));
  if (schema.format === 'byte') return value.toString('base64');
  if (schema.format === 'date-time') return time(value, schema.component?.endsWith('MicroTime') ?? false);
  if (schema.format === 'quantity') return String(Object.fromEntries(readFields(value))[1] ?? '');
  if (schema.intOrString) {
    const { 1: type = 0n, 2: number = 0n, 3: text = '' } = Object.fromEntries(readFields(value));
    return type === 1n ? String(text) : Number(BigInt.asIntN(32, number as bigint));
  }
  if (schema.type === 'string') return value.toString();
  if (factsOf(schema.component) !== undefined) return message(value, schema);
  // `RawExtension`, `FieldsV1` and `JSON` hold JSON.
  const raw = Object.fromEntries(readFields(value))[1];
  return raw === undefined ? {} : JSON.parse(String(raw));
}

function time(data: Buffer, micro: boolean): string | null {
  const { 1: seconds, 2: nanos = 0n } = Object.fromEntries(readFields(data));
  if (seconds === undefined) return null;
  const iso = new Date(Number(BigInt.asIntN(64, seconds as bigint)) * 1000).toISOString().slice(0, 19);
  return micro ? `${iso}.${String(Number(nanos as bigint) / 1000).padStart(6, '0')}Z` : `${iso}Z`;
}

type Wire = bigint | number | Buffer;

function* readFields(data: Buffer): Generator<[number, Wire]> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at];
      if (byte === undefined) throw new Error('unexpected EOF');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < data.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire === 0) yield [tag >>> 3, varint()];
    else if (wire === 1) {
      yield [tag >>> 3, data.readDoubleLE(at)];
      at += 8;
    } else if (wire === 2) {
      const length = Number(varint());
      if (at + length > data.length) throw new Error('unexpected EOF');
      yield [tag >>> 3, data.subarray(at, at + length)];
      at += length;
    } else throw new Error(`proto: illegal wireType ${wire}`);
  }
}
