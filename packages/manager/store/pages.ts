/**
 * Keyset pages. A page begins after the last row of the one before, so its cost does not grow with its number, and rows
 * that come or go in between shift nothing.
 *
 * A cursor is opaque to clients: base64url of the last row's time in microseconds (JavaScript's dates have only
 * milliseconds, and rows made within one would be skipped) and its id.
 */
import { type RawBuilder, sql } from 'kysely';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface PageRequest {
  limit: number;
  cursor?: Cursor;
}

/** A place in a list: microseconds since 1970 and an id. */
export interface Cursor {
  at: number;
  id: string;
}

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(`${cursor.at}.${cursor.id}`).toString('base64url');
}

/** Reads a cursor; undefined when the text is none of ours. */
export function decodeCursor(text: string): Cursor | undefined {
  const match = /^(\d{1,16})\.([0-9a-f-]{1,36})$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { at: Number(match[1]), id: match[2] };
}

/** The microseconds of a timestamp column, to be selected beside it. */
export function microseconds(column: string): RawBuilder<number> {
  return sql<number>`(extract(epoch from ${sql.ref(column)}) * 1000000)::bigint`;
}

/** The condition "after the cursor" in ascending (created_at, id) order, or descending for newest first. */
export function afterCursor(
  cursor: Cursor | undefined,
  columns: { at: string; id: string },
  direction: 'asc' | 'desc' = 'asc',
): RawBuilder<boolean> {
  if (cursor === undefined) return sql<boolean>`true`;
  const place = sql`(timestamptz 'epoch' + ${cursor.at}::bigint * interval '1 microsecond', ${cursor.id}::uuid)`;
  const row = sql`(${sql.ref(columns.at)}, ${sql.ref(columns.id)})`;
  return direction === 'asc' ? sql<boolean>`${row} > ${place}` : sql<boolean>`${row} < ${place}`;
}

/** Cuts `limit + 1` rows to a page; the extra row only says that there is another page. */
export function toPage<Row extends { id: string; cursor_at: number }, T>(
  rows: readonly Row[],
  limit: number,
  map: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(map), nextCursor: more ? encodeCursor({ at: last.cursor_at, id: last.id }) : null };
}
