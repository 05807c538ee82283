/**
 * JSON patch in the dialect of the API server: `replace` also adds, a missing value is null, a missing field passes the
 * test for null, and an index may count from the end. Libraries for RFC 6902 do none of that, and refuse keys such as
 * `constructor`, which are good names for a label.
 * Source: RFC 6902; `gopkg.in/evanphx/json-patch.v4`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, badRequest } from '../api-error.ts';
import { goKind, isEqual, isMap, type JsonMap, own, put } from './json-value.ts';

const OPERATIONS_LIMIT = 10_000;

/**
 * @param object is left as it is
 * @throws ApiError 400 for a document that is no patch, 413 for one of too many operations, 422 for an operation that does
 *   not apply: which one, the server keeps to itself
 */
export function applyJsonPatch(object: KubeObject, patch: unknown): KubeObject {
  const operations = patch ?? [];
  if (!Array.isArray(operations)) throw undecodable(patch, 'value of type []handlers.jsonPatchOp');
  if (operations.length > OPERATIONS_LIMIT) {
    const told = `The allowed maximum operations in a JSON patch is ${OPERATIONS_LIMIT}, got ${operations.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: ${told}`);
  }
  const root: { document: unknown } = { document: structuredClone(object) };
  for (const given of operations as unknown[]) {
    const operation = given ?? {};
    if (!isMap(operation)) throw undecodable(operation, 'value of type handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from'] as const) {
      const value = operation[field] ?? '';
      if (typeof value !== 'string') throw undecodable(value, `struct field jsonPatchOp.${field} of type string`);
    }
    if (!run(root, operation)) {
      throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
    }
  }
  return root.document as KubeObject;
}

const undecodable = (value: unknown, into: string): ApiError =>
  badRequest(`error decoding patch: json: cannot unmarshal ${goKind(value)} into Go ${into}`);

/** @returns whether it applies */
function run(root: { document: unknown }, { op, path, from, value = null }: JsonMap): boolean {
  if (path === '') {
    if (op === 'test') return isEqual(root.document, value);
    root.document = structuredClone(value);
    return op === 'replace' && isMap(value);
  }
  const { document } = root;
  const target = locate(document, path);
  switch (op) {
    case 'add':
    case 'replace':
      return write(target, structuredClone(value), op === 'add');
    case 'remove':
      return target !== undefined && remove(target);
    case 'test':
      // A field that is not there passes the test for null, an item does not.
      if (!target || (Array.isArray(target.parent) && read(target) === undefined)) return false;
      return isEqual(read(target) ?? null, value);
    case 'move':
    case 'copy': {
      const source = locate(document, from);
      const taken = source && read(source);
      if (!source || taken === undefined || (op === 'move' && !remove(source))) return false;
      return write(locate(document, path), op === 'move' ? taken : structuredClone(taken), true);
    }
    default:
      return false;
  }
}

interface Place {
  readonly parent: JsonMap | unknown[];
  readonly key: string;
}

/** @returns undefined when there is nothing that could hold the value; what is before the first slash does not count */
function locate(document: unknown, path: unknown): Place | undefined {
  const [, ...tokens] = String(path ?? '').split('/');
  const keys = tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = keys.pop();
  let parent = document;
  for (const name of keys) parent = isMap(parent) || Array.isArray(parent) ? read({ parent, key: name }) : undefined;
  return key !== undefined && (isMap(parent) || Array.isArray(parent)) ? { parent, key } : undefined;
}

/** @param length of the list, or one more to add behind its end */
function indexOf(key: string, length: number): number {
  const index = /^[+-]?\d+$/.test(key) ? Number(key) : Number.NaN;
  return index < 0 ? index + length : index;
}

function read({ parent, key }: Place): unknown {
  return Array.isArray(parent) ? parent[indexOf(key, parent.length)] : own(parent, key);
}

/** @param insert rather than replace, in a list */
function write(place: Place | undefined, value: unknown, insert: boolean): boolean {
  if (!place) return false;
  const { parent, key } = place;
  if (!Array.isArray(parent)) {
    put(parent, key, value);
    return true;
  }
  const length = parent.length + (insert ? 1 : 0);
  const index = insert && key === '-' ? parent.length : indexOf(key, length);
  const fits = index >= 0 && index < length;
  if (fits) parent.splice(index, insert ? 0 : 1, value);
  return fits;
}

function remove({ parent, key }: Place): boolean {
  if (read({ parent, key }) === undefined) return false;
  if (Array.isArray(parent)) parent.splice(indexOf(key, parent.length), 1);
  else delete parent[key];
  return true;
}
