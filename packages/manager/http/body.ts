/**
 * JSON bodies. What JSON allows but nothing behind us can hold is refused here: texts that are no text (Postgres has no
 * NUL and no lone surrogates), nesting without end, and keys that would reach into JavaScript's objects.
 */
import { ApiError } from '@kubenova/knapi/errors.ts';

const DEEPEST = 64;

/** @throws ApiError KN-400 when it is not JSON, KN-422 when it holds what cannot be kept */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    // The parser's message quotes the text, which may hold a credential; only the place is told.
    const position = error instanceof SyntaxError ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    const where = position === undefined ? '' : ` (at character ${position})`;
    throw new ApiError('KN-400', `The body is not JSON in UTF-8${where}.`);
  }
  requireStorable(value);
  return value;
}

interface Place {
  value: unknown;
  depth: number;
  pointer: string;
}

function requireStorable(root: unknown): void {
  const open: Place[] = [{ value: root, depth: 0, pointer: '' }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, depth, pointer } = place;
    if (typeof value === 'string') requireText(value, pointer);
    if (typeof value !== 'object' || value === null) continue;
    if (depth === DEEPEST) throw refused(pointer.slice(0, 200), `It is nested deeper than ${DEEPEST} levels.`);
    for (const [key, child] of Object.entries(value)) {
      const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      requireText(key, pointer);
      if (key === '__proto__') throw refused(pointer, 'A field may not be named __proto__.');
      if (typeof child === 'object' || typeof child === 'string')
        open.push({ value: child, depth: depth + 1, pointer: at });
    }
  }
}

function requireText(text: string, pointer: string): void {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw refused(pointer, 'It holds a NUL character or half of a surrogate pair, which no text may have.');
  }
}

function refused(pointer: string, detail: string): ApiError {
  return new ApiError('KN-422', `The body is not valid. ${detail}`, { errors: [{ pointer, detail }] });
}
