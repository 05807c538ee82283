/** The JSON merge patch (RFC 7386) that turns one value into another, or undefined when they are equal. */
import { canonicalJson } from './hash.ts';

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function mergePatchBetween(before: Fields, after: Fields): Fields | undefined {
  const patch: Fields = {};
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const old = before[key];
    if (isFields(value) && isFields(old)) {
      const inner = mergePatchBetween(old, value);
      if (inner) patch[key] = inner;
    } else if (old === undefined || canonicalJson(old) !== canonicalJson(value)) {
      patch[key] = value;
    }
  }
  for (const [key, old] of Object.entries(before)) {
    if (old !== undefined && after[key] === undefined) patch[key] = null;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}
