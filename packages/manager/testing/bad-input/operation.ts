/** Requests of an operation that are refused, where the problem points, and what it says. */
import type { Method } from '../manager.ts';

export interface BadInput {
  reason: string;
  method: Method;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  status: number;
  /** Of the first error. */
  pointer?: string;
  says: RegExp;
}

interface Operation {
  method: Method;
  path: string;
  /** 422 unless it says otherwise: most of what is refused is JSON that means nothing here. */
  status?: number;
}

/** What is wrong with one request; its status only where it is not that of its neighbours. */
type Mistake = Pick<BadInput, 'reason' | 'body' | 'headers' | 'pointer' | 'says'> & { query?: string; status?: number };

/** In a world with the cluster north, the tenant acme on it and the project shop. */
export const acme = '/api/v1/tenants/acme';
export const acmeOnNorth = '/api/v1/clusters/north/tenants/acme';
export const shop = `${acmeOnNorth}/projects/shop`;

/** Can be the id of an object, so no object may be named like it; there is none with this id. */
export const uuidLike = '123e4567-e89b-12d3-a456-426614174000';

/** A request of the operation for each mistake. */
export function badInputOf(operation: Operation, mistakes: readonly Mistake[]): BadInput[] {
  return mistakes.map(({ query, ...mistake }) => ({
    status: 422,
    ...operation,
    ...mistake,
    path: query === undefined ? operation.path : `${operation.path}?${query}`,
  }));
}
