/** Reads of fields whose shape nobody has promised: what an API server answered, or a user sent. */
import { isRecord } from './manifest.ts';

/** The object at a path, or an empty one. */
export function recordAt(value: unknown, ...path: string[]): Record<string, unknown> {
  const found = valueAt(value, ...path);
  return isRecord(found) ? found : {};
}

/** The objects of the array at a path, or none. */
export function recordsAt(value: unknown, ...path: string[]): Record<string, unknown>[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found.filter(isRecord) : [];
}

/** The text at a path, or an empty one. */
export function textAt(value: unknown, ...path: string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** The number at a path, or the one given. */
export function numberAt(value: unknown, fallback: number, ...path: string[]): number {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : fallback;
}

function valueAt(value: unknown, ...path: string[]): unknown {
  let at = value;
  for (const step of path) {
    if (!isRecord(at)) return undefined;
    at = at[step];
  }
  return at;
}
