/** What all lists have in common: the page, and filters by label. */
import { ApiError } from '@kubenova/knapi/errors.ts';
import { decodeCursor, type Page, type PageRequest } from '../store/pages.ts';

export interface ListQuery {
  limit?: number;
  cursor?: string;
}

const DEFAULT_LIMIT = 50;

/** @throws ApiError KN-400 when the cursor is none of ours */
export function pageRequest(query: ListQuery): PageRequest {
  const limit = query.limit ?? DEFAULT_LIMIT;
  if (query.cursor === undefined || query.cursor === '') return { limit };
  const cursor = decodeCursor(query.cursor);
  if (cursor === undefined)
    throw badParameter('cursor', 'This is no cursor of ours. Send the nextCursor of the page before, or none.');
  return { limit, cursor };
}

export function mapPage<From, To>(page: Page<From>, map: (item: From) => To): Page<To> {
  return { items: page.items.map(map), nextCursor: page.nextCursor };
}

export function badParameter(name: string, detail: string): ApiError {
  return new ApiError('KN-400', `The parameter ${name} is not valid. ${detail}`, {
    errors: [{ pointer: name, detail }],
  });
}

/**
 * Reads an equality-based selector, `key=value` pairs joined by commas (`==` is the same).
 *
 * @throws ApiError KN-400
 */
export function labelSelector(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  const labels: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const match = /^\s*([A-Za-z0-9][-A-Za-z0-9_./]*)\s*==?\s*([-A-Za-z0-9_.]*)\s*$/.exec(pair);
    if (match?.[1] === undefined || match[2] === undefined) {
      throw badParameter(
        'labelSelector',
        'Write it as key=value, several joined by commas; set-based selectors are not supported.',
      );
    }
    labels[match[1]] = match[2];
  }
  return labels;
}
