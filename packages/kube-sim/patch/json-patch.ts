/**
 * JSON patch. `rfc6902` does the work; here is what the API server does in its own way: `replace` also adds, a missing
 * value passes the test for null, an index may count from the end, and it has words of its own for what does not apply.
 * Source: RFC 6902; `gopkg.in/evanphx/json-patch.v4`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { applyPatch, type Operation, Pointer } from 'rfc6902';
import { ApiError, badRequest } from '../api/api-error.ts';
import { goKind, isMap, type JsonMap, own } from './json-value.ts';

const OPERATIONS_LIMIT = 10_000;
const MISSING = 'missing value';

/**
 * @param object is left as it is
 * @throws ApiError 400 for a document that is no patch, 413 for one of too many operations, 422 for an operation that does
 *   not apply
 */
export function applyJsonPatch(object: KubeObject, patch: unknown): KubeObject {
  if (!Array.isArray(patch)) throw undecodable(patch, 'value of type []handlers.jsonPatchOp');
  if (patch.length > OPERATIONS_LIMIT) {
    const told = `The allowed maximum operations in a JSON patch is ${OPERATIONS_LIMIT}, got ${patch.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', told, {});
  }
  const document = structuredClone(object);
  for (const operation of patch as unknown[]) {
    if (!isMap(operation)) throw undecodable(operation, 'value of type handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from'] as const) {
      const value = operation[field] ?? '';
      if (typeof value !== 'string') throw undecodable(value, `struct field jsonPatchOp.${field} of type string`);
    }
    const why = run(document, operation);
    if (why !== undefined) throw new ApiError(422, 'Invalid', why, {});
  }
  return document;
}

const undecodable = (value: unknown, into: string): ApiError =>
  badRequest(`error decoding patch: json: cannot unmarshal ${goKind(value)} into Go ${into}`);

/** @returns why it does not apply */
function run(document: object, { op, path, from, value = null }: JsonMap): string | undefined {
  const kind = String(op ?? 'unknown');
  const isCopy = kind === 'move' || kind === 'copy';
  if (!['add', 'remove', 'replace', 'test'].includes(kind) && !isCopy) return `Unexpected kind: ${kind}`;
  if (isCopy && typeof from !== 'string') {
    return `${kind} operation failed to decode from: operation, missing from field: ${MISSING}`;
  }
  if (typeof path !== 'string') {
    const terse = kind === 'add' || kind === 'remove' || kind === 'copy';
    return `${kind} operation failed to decode path: ${terse ? '' : 'operation missing path field: '}${MISSING}`;
  }
  if (typeof from === 'string' && isCopy) {
    const source = locate(document, from);
    if (!source) return `${kind} operation does not apply: doc is missing from path: ${from}: ${MISSING}`;
    const why = source.read ?? (kind === 'move' ? source.gone : undefined);
    if (why)
      return kind === 'move'
        ? `error in move for path: '${source.key}': ${why}`
        : `error in copy for from: '${from}': ${why}`;
  }
  const target = locate(document, path);
  if (!target) {
    const at = kind === 'add' || kind === 'remove' ? `"${path}"` : path;
    const what = isCopy ? 'doc is missing destination path' : `${kind === 'test' ? '' : 'doc '}is missing path`;
    return `${kind} operation does not apply: ${what}: ${at}: ${MISSING}`;
  }
  const { read, gone, added, isThere, pointer } = target;
  switch (kind) {
    case 'test':
      if (read) return `error in test for path: '${path}': ${read}`;
      if (!isThere && value === null) return undefined;
      break;
    case 'replace':
      if (read) return `replace operation does not apply: doc is missing key: ${path}: ${MISSING}`;
      break;
    case 'remove':
      if (read ?? gone) return `error in remove for path: '${path}': ${read ?? gone}`;
      break;
    default:
      if (added)
        return `${kind === 'copy' ? 'error while adding value during copy' : `error in ${kind} for path: '${path}'`}: ${added}`;
  }
  const operation = { op: kind === 'replace' && !isThere ? 'add' : kind, path: pointer, from, value };
  const [failed] = applyPatch(document, [operation as Operation]);
  return failed ? `testing value ${path} failed: test failed` : undefined;
}

interface Place {
  /** As RFC 6901 has it: the API server also takes paths that do not begin with a slash, and negative indices. */
  readonly pointer: string;
  readonly key: string;
  readonly isThere: boolean;
  /** Why nothing can be read there, removed from there, added there. */
  readonly read?: string | undefined;
  readonly gone?: string | undefined;
  readonly added?: string | undefined;
}

/** @returns undefined when there is nothing that could hold the value */
function locate(document: object, path: string): Place | undefined {
  const slash = path.indexOf('/');
  if (slash < 0) return undefined;
  const pointer = Pointer.fromJSON(path.slice(slash));
  const key = pointer.tokens.at(-1) ?? '';
  const parent: unknown = pointer.parent().get(document);
  if (isMap(parent)) {
    const isThere = own(parent, key) !== undefined;
    const gone = isThere ? undefined : `Unable to remove nonexistent key: ${key}: ${MISSING}`;
    return { pointer: pointer.toString(), key, isThere, gone };
  }
  if (!Array.isArray(parent)) return undefined;
  const index = Number(key);
  if (key !== '-' && !/^-?\d+$/.test(key)) {
    const why = `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
    return {
      pointer: '',
      key,
      isThere: false,
      read: why,
      added: `value was not a proper array index: '${key}': ${why}`,
    };
  }
  const outside = (length: number): string | undefined =>
    index >= length || index < -length
      ? `Unable to access invalid index: ${index}: invalid index referenced`
      : undefined;
  const read = key === '-' ? `strconv.Atoi: parsing "-": invalid syntax` : outside(parent.length);
  const place = index < 0 ? pointer.parent().add(String(index + parent.length)) : pointer;
  return {
    pointer: place.toString(),
    key,
    isThere: !read,
    read,
    added: key === '-' ? undefined : outside(parent.length + 1),
  };
}
