/** Parameters of a query that mean nothing; lists have most of them. */
import { imageSource } from '../world.ts';
import { type BadInput, badInputOf, shop } from './operation.ts';

export const badParameters: readonly BadInput[] = [
  ...badInputOf({ method: 'GET', path: '/api/v1/tenants', status: 400 }, [
    { reason: 'a page of too many', query: 'limit=201', pointer: 'limit', says: /at most 200/ },
    { reason: 'a page that is no number', query: 'limit=ten', pointer: 'limit', says: /an integer/ },
    { reason: 'a parameter given twice', query: 'limit=1&limit=2', pointer: 'limit', says: /an integer/ },
    { reason: 'an unknown parameter', query: 'sort=name', pointer: 'sort', says: /no such parameter/ },
    { reason: 'a cursor of somebody else', query: 'cursor=abcd', pointer: 'cursor', says: /nextCursor/ },
  ]),
  ...badInputOf({ method: 'GET', path: '/api/v1/apps', status: 400 }, [
    {
      reason: 'a set-based selector',
      query: 'labelSelector=a%20in%20(b)',
      pointer: 'labelSelector',
      says: /key=value/,
    },
  ]),
  ...badInputOf({ method: 'POST', path: `${shop}/apps`, status: 400 }, [
    {
      reason: 'a time that is none',
      query: 'wait=soon',
      body: { name: 'a', source: imageSource('1') },
      pointer: 'wait',
      says: /30s/,
    },
  ]),
];
