/** ETags and `If-Match` (RFC 9110, section 13.1.1): a change that is based on an old state is refused instead of lost. */
import { ApiError } from '@kubenova/knapi/errors.ts';

interface Versioned {
  id: string;
  generation: number;
}

/**
 * The version of an object: what was asked for, not what has been observed. A status that moves on by itself must not
 * make a careful client lose its race.
 */
export function etagOf(row: Versioned): string {
  return `"${row.id.slice(0, 8)}-${row.generation}"`;
}

/** @throws ApiError KN-412 when the object is not at the version that the change is based on. */
export function requireMatch(ifMatch: string | undefined, row: Versioned): void {
  requireTag(ifMatch, etagOf(row));
}

/** The same for what has no generation, but a tag made of its content. */
export function requireTag(ifMatch: string | undefined, tag: string): void {
  if (ifMatch === undefined) return;
  const wanted = ifMatch.split(',').map((one) => one.trim());
  if (wanted.includes('*') || wanted.includes(tag)) return;
  throw new ApiError(
    'KN-412',
    `The object has changed since it was read: it is at ${tag}. Read it again, apply your change to that, and send its ETag.`,
  );
}
