/**
 * JSON patch. `rfc6902` does the work; what is here is where the API server goes its own way: `replace` also adds, a
 * missing value is null, a missing field passes the test for null, and an index may count from the end.
 * Source: RFC 6902; `gopkg.in/evanphx/json-patch.v4`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { applyPatch, type Operation, Pointer } from 'rfc6902';
import { ApiError, badRequest } from '../api/api-error.ts';
import { goKind, isMap, type JsonMap, own } from './json-value.ts';

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
  const document = structuredClone(object);
  for (const operation of operations as unknown[]) {
    if (!isMap(operation)) throw undecodable(operation, 'value of type handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from'] as const) {
      const value = operation[field] ?? '';
      if (typeof value !== 'string') throw undecodable(value, `struct field jsonPatchOp.${field} of type string`);
    }
    if (!run(document, operation)) {
      throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
    }
  }
  return document;
}

const undecodable = (value: unknown, into: string): ApiError =>
  badRequest(`error decoding patch: json: cannot unmarshal ${goKind(value)} into Go ${into}`);

/** @returns whether it applies */
function run(document: object, { op, path, from, value = null }: JsonMap): boolean {
  const target = locate(document, path, op !== 'add');
  const source = op === 'move' || op === 'copy' ? locate(document, from, true) : target;
  if (!target || !source || (source !== target && !source.isThere)) return false;
  if (op === 'test' && value === null && !target.isThere) return target.inMap;
  const kind = op === 'replace' && target.inMap ? 'add' : op;
  const [failed] = applyPatch(document, [{ op: kind, path: target.path, from: source.path, value } as Operation]);
  return failed === null;
}

interface Place {
  readonly path: string;
  readonly inMap: boolean;
  readonly isThere: boolean;
}

/** @returns undefined when there is nothing that could hold the value */
function locate(document: object, path: unknown, isThere: boolean): Place | undefined {
  if (typeof path !== 'string' || !path.includes('/')) return undefined;
  const pointer = Pointer.fromJSON(path.slice(path.indexOf('/')));
  const key = pointer.tokens.at(-1) ?? '';
  const parent: unknown = pointer.parent().get(document);
  if (isMap(parent)) return { path: pointer.toString(), inMap: true, isThere: own(parent, key) !== undefined };
  if (!Array.isArray(parent) || !/^(-|-?\d+)$/.test(key)) return undefined;
  const end = parent.length + (isThere ? 0 : 1);
  const place = /^-\d/.test(key) ? pointer.parent().add(String(Number(key) + end)) : pointer;
  return {
    path: place.toString(),
    inMap: false,
    isThere: own(parent as never, place.tokens.at(-1) ?? '') !== undefined,
  };
}
