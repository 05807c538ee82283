/** Spans of time of which there can be no usage. */
import { acme, type BadInput, badInputOf } from './operation.ts';

export const badUsage: readonly BadInput[] = [
  ...badInputOf({ method: 'GET', path: `${acme}/usage`, status: 400 }, [
    {
      reason: 'usage since something that is no time',
      query: 'since=yesterday',
      pointer: 'since',
      says: /date-time|RFC 3339/,
    },
  ]),
  ...badInputOf({ method: 'GET', path: `${acme}/projects/shop/usage`, status: 400 }, [
    {
      reason: 'usage of a span that ends before it begins',
      query: 'since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z',
      pointer: 'since',
      says: /before until/,
    },
  ]),
];
