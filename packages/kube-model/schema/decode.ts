/**
 * Takes in a body as the API server's decoder does. For built-in kinds that is Go's: a field of the wrong type is a 400
 * that names the Go struct; `null` is absence; zero values of plain fields are left out and those of required fields
 * put in, as are the defaults of structures; quantities, times and base64 come out in canonical form. Custom objects are only pruned, but for their
 * metadata. The answer shares nothing with the input that later steps change.
 *
 * Never decode the body of an apply patch: what is put in here would belong to its manager.
 *
 * Source: `sigs.k8s.io/json`, `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest } from '../api-error.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { fill, STRUCTURES } from './defaults.ts';
import { type Fields, fields, isFields } from './fields.ts';
import { componentSchema, goFieldsOf } from './load.ts';
import { canonicalQuantity, QUANTITY_RULE } from './quantity.ts';
import type { Schema } from './schema.ts';

/**
 * @returns the object with only what its kind knows, and the paths of what it does not know, in the order of the body
 * @throws ApiError 400
 */
export function decode(type: ResourceType, value: unknown): { object: KubeObject; unknownFields: string[] } {
  const run: Run = { unknownFields: [], trail: [], kind: type.kind, version: type.version };
  if (!isFields(value)) throw mismatch(run, type.schema, value);
  const object = type.crd === undefined ? struct(run, type.schema, value) : custom(run, type.schema, value);
  return { object: object as unknown as KubeObject, unknownFields: run.unknownFields };
}

/** Go's names of fields leave out where in a map or a list something was. */
const MAP_KEY = '\0';

interface Run {
  readonly unknownFields: string[];
  /** Where we are: fields as they are, list positions as numbers, keys of maps behind `MAP_KEY`. */
  readonly trail: (string | number)[];
  readonly kind: string;
  readonly version: string;
}

interface Field {
  readonly schema: Schema;
  readonly keepsZero: boolean;
}

interface StructPlan {
  readonly fields: ReadonlyMap<string, Field>;
  /** Structures that are there even when nobody gave them. */
  readonly structures: readonly (readonly [string, Schema])[];
  readonly defaults: Readonly<Fields>;
}

const plans = new WeakMap<Schema, StructPlan>();

function planOf(schema: Schema): StructPlan {
  const known = plans.get(schema);
  if (known) return known;
  const { pointers = '', always = '' } = goFieldsOf(schema);
  const kept = new Set(`${pointers} ${always}`.split(' '));
  const own = STRUCTURES[(schema.component ?? '').replace(/^io\.k8s\.(api\.|.*\.apis\.)/, '')];
  const fields = new Map<string, Field>();
  const structures: [string, Schema][] = [];
  const defaults: Fields = {};
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    fields.set(name, { schema: field, keepsZero: kept.has(name) });
    // OpenAPI also has the zero values of fields that Go leaves out.
    const isPointer = pointers.split(' ').includes(name);
    if (typeof field.default !== 'object' && (field.default || (isPointer && field.default !== undefined))) {
      defaults[name] = field.default;
    } else if (always.split(' ').includes(name)) {
      if (field.properties === undefined) defaults[name] = goZeroOf(field);
      else if (own?.[name] === undefined) structures.push([name, field]);
    }
  }
  const plan = { fields, structures, defaults: { ...defaults, ...own } };
  plans.set(schema, plan);
  return plan;
}

function struct(run: Run, schema: Schema, value: Fields): Fields {
  const { fields, structures, defaults } = planOf(schema);
  const result: Fields = {};
  for (const key in value) {
    const found = value[key];
    const field = fields.get(key);
    run.trail.push(key);
    if (field === undefined) run.unknownFields.push(pathOf(run.trail));
    else if (found !== null && found !== undefined) {
      const decoded = node(run, field.schema, found, schema);
      if (!isEmpty(decoded, field.schema) && (field.keepsZero || !isZero(decoded))) result[key] = decoded;
    }
    run.trail.pop();
  }
  for (const [key, field] of structures) result[key] ??= struct(run, field, {});
  fill(result, defaults);
  return result;
}

const isZero = (value: unknown) => value === '' || value === false || value === 0;

/** Lists and maps; how the API server stores them, nothing in them is nothing. */
function isEmpty(value: unknown, schema: Schema): boolean {
  if (Array.isArray(value)) return value.length === 0;
  // An empty structure was meant (`emptyDir: {}`); an empty map was not.
  if (schema.additionalProperties === undefined || typeof value !== 'object') return false;
  for (const _ in value as Fields) return false;
  return true;
}

function node(run: Run, schema: Schema, value: unknown, owner: Schema): unknown {
  switch (schema.type) {
    case 'object': {
      if (!isFields(value)) throw mismatch(run, schema, value, owner);
      if (schema.properties !== undefined) return struct(run, schema, value);
      if (typeof schema.additionalProperties !== 'object') return value;
      const result: Fields = {};
      for (const key in value) {
        const found = value[key];
        if (
          typeof found === 'string' &&
          schema.additionalProperties.type === 'string' &&
          !schema.additionalProperties.format
        ) {
          result[key] = found;
          continue;
        }
        run.trail.push(MAP_KEY + key);
        result[key] =
          found === null ? zeroOf(schema.additionalProperties) : node(run, schema.additionalProperties, found, owner);
        run.trail.pop();
      }
      return result;
    }
    case 'array': {
      if (!Array.isArray(value)) throw mismatch(run, schema, value, owner);
      const items = schema.items ?? {};
      const result = new Array<unknown>(value.length);
      for (let at = 0; at < value.length; at++) {
        run.trail.push(at);
        result[at] = value[at] === null ? zeroOf(items) : node(run, items, value[at], owner);
        run.trail.pop();
      }
      return result;
    }
    case 'string':
      if (typeof value !== 'string') throw mismatch(run, schema, value, owner);
      if (schema.format === undefined) return value;
      if (schema.format === 'byte') return base64(run, value);
      return schema.format === 'date-time' ? time(run, schema, value) : value;
    case 'integer':
      if (!Number.isInteger(value) || (schema.format === 'int32' && Math.abs(value as number) > 2_147_483_648)) {
        throw mismatch(run, schema, value, owner);
      }
      return value;
    case 'number':
      if (typeof value !== 'number') throw mismatch(run, schema, value, owner);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(run, schema, value, owner);
      return value;
    default:
      return untyped(run, schema, value, owner);
  }
}

function untyped(run: Run, schema: Schema, value: unknown, owner: Schema): unknown {
  if (schema.format === 'quantity') {
    const quantity = canonicalQuantity(value);
    if (quantity === undefined) throw refused(run, QUANTITY_RULE);
    return quantity;
  }
  if (schema.intOrString && typeof value !== 'string') return node(run, INT32, value, owner);
  return value;
}

const INT32: Schema = { type: 'integer', format: 'int32' };

const zeroOf = ({ type }: Schema): unknown =>
  type === 'string' ? '' : type === 'boolean' ? false : type === 'object' ? {} : 0;

/** What Go writes of a field that has nothing: lists, maps, times and bytes are null. */
function goZeroOf(schema: Schema): unknown {
  if (schema.format === 'quantity') return '0';
  const isNull = schema.type === 'object' || schema.type === 'array';
  return isNull || schema.format === 'date-time' || schema.format === 'byte' ? null : zeroOf(schema);
}

const BASE64 = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/;

function base64(run: Run, value: string): string {
  const compact = value.replaceAll(/[\r\n]/g, '');
  if (BASE64.test(value) && compact.length % 4 === 0) return compact;
  const bad = BASE64.test(value) ? compact.length - (compact.length % 4) : value.search(/[^A-Za-z0-9+/\r\n]/);
  throw refused(run, `illegal base64 data at input byte ${bad}`);
}

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function time(run: Run, schema: Schema, value: string): string {
  const micro = schema.component?.endsWith('.MicroTime') === true;
  if (!micro && SECONDS.test(value)) return value;
  const parsed = RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(parsed)) {
    const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
    throw refused(run, `parsing time "${value}" as "${layout}": cannot parse "${value}" as "2006"`);
  }
  const iso = new Date(parsed).toISOString();
  return micro
    ? `${iso.slice(0, 19)}.${(/\.(\d+)/.exec(value)?.[1] ?? '').slice(0, 6).padEnd(6, '0')}Z`
    : `${iso.slice(0, 19)}Z`;
}

const metadataSchema = () => componentSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');

function custom(run: Run, schema: Schema, value: Fields): Fields {
  const { apiVersion, kind, metadata, ...rest } = value;
  const result: Fields = { apiVersion, kind, metadata: decodeMetadata(run, metadata) };
  return Object.assign(result, pruned(run, schema, rest));
}

/** Go decodes the metadata of custom objects on its own, so that its errors do not name the field. */
function decodeMetadata(run: Run, metadata: unknown): Fields {
  const inner: Run = { ...run, trail: [], unknownFields: [] };
  if (!isFields(metadata ?? {})) throw mismatch(inner, metadataSchema(), metadata);
  const decoded = struct(inner, metadataSchema(), fields(metadata));
  for (const unknown of inner.unknownFields) run.unknownFields.push(`metadata.${unknown}`);
  return decoded;
}

/** What a schema knows of a value. */
export function prune(schema: Schema, value: unknown): unknown {
  return pruned({ unknownFields: [], trail: [], kind: '', version: '' }, schema, value);
}

function pruned(run: Run, schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, at) => {
      run.trail.push(at);
      const result = pruned(run, items, item);
      run.trail.pop();
      return result;
    });
  }
  if (!isFields(value)) return value;
  const result: Fields = {};
  for (const key in value) {
    const found = value[key];
    const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const child = known ?? (schema.additionalProperties === true ? ANYTHING : schema.additionalProperties);
    // A null that may not be there is absence.
    if (found === null && child !== undefined && child !== ANYTHING && child.nullable !== true) continue;
    run.trail.push(key);
    if (child !== undefined) result[key] = pruned(run, child, found);
    else if (schema.preserveUnknownFields) result[key] = found;
    else run.unknownFields.push(pathOf(run.trail));
    run.trail.pop();
  }
  return result;
}

const ANYTHING: Schema = { preserveUnknownFields: true };

function pathOf(trail: readonly (string | number)[]): string {
  let path = '';
  for (const part of trail) path += typeof part === 'number' ? `[${part}]` : `.${part}`;
  return path.slice(1).replaceAll(MAP_KEY, '');
}

function refused({ kind, version }: Run, why: string): Error {
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

function mismatch(run: Run, schema: Schema, value: unknown, owner?: Schema): Error {
  const number = schema.type === 'integer' && typeof value === 'number' ? `number ${value}` : typeof value;
  const what = Array.isArray(value) ? 'array' : number === 'boolean' ? 'bool' : number;
  const field = run.trail.filter((part) => typeof part === 'string' && !part.startsWith(MAP_KEY)).join('.');
  const where = owner === undefined ? 'value' : `struct field ${shortName(owner.component)}.${field}`;
  return refused(run, `json: cannot unmarshal ${what} into Go ${where} of type ${goType(schema)}`);
}

const shortName = (component = '') => component.split('.').at(-1) ?? '';

function goType(schema: Schema): string {
  const { additionalProperties: values } = schema;
  if (typeof values === 'object')
    return values.format === 'quantity' ? 'v1.ResourceList' : `map[string]${goType(values)}`;
  if (schema.type === 'array') return `[]${goType(schema.items ?? {})}`;
  if (schema.type === 'boolean') return 'bool';
  if (schema.type === 'number') return 'float64';
  if (schema.format === 'byte') return '[]uint8';
  if (schema.type === 'object') return (schema.component ?? '').split('.').slice(-2).join('.');
  return schema.type === 'integer' ? (schema.format ?? 'int64') : 'string';
}
