/** Bodies that are refused before an operation looks at them; one that takes a body stands for all that do. */
import { type BadInput, badInputOf, uuidLike } from './operation.ts';

export const badBodies: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: '/api/v1/tenants' }, [
    { reason: 'no body', status: 400, says: /needs a body/ },
    { reason: 'a body of null', body: 'null', status: 400, says: /needs a body/ },
    { reason: 'no JSON', body: '{"name": secret}', status: 400, says: /not JSON in UTF-8/ },
    { reason: 'an array', body: [], pointer: '', says: /must be an object/ },
    {
      reason: 'another media type',
      body: 'name=a',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      status: 415,
      says: /application\/json/,
    },
    {
      reason: 'text/plain, which a browser may send anywhere',
      body: '{"name":"a"}',
      headers: { 'content-type': 'text/plain' },
      status: 415,
      says: /application\/json/,
    },
    {
      reason: 'a media type that looks like ours',
      body: '{"name":"a"}',
      headers: { 'content-type': 'application/jsonx' },
      status: 415,
      says: /application\/json/,
    },
    { reason: 'too large', body: `"${'x'.repeat(1_600_000)}"`, status: 413, says: /1\.5 MiB/ },
    { reason: 'too deep', body: `${'['.repeat(5_000)}${']'.repeat(5_000)}`, says: /nested deeper than 64/ },
    { reason: 'a NUL character', body: '{"name":"a","displayName":"a\\u0000b"}', pointer: '/displayName', says: /NUL/ },
    {
      reason: 'half of a surrogate pair',
      body: '{"name":"a","displayName":"\\ud800"}',
      pointer: '/displayName',
      says: /surrogate/,
    },
    {
      reason: 'a key that reaches into JavaScript',
      body: '{"name":"a","labels":{"__proto__":{"x":"y"}}}',
      pointer: '/labels',
      says: /__proto__/,
    },
    { reason: 'an unknown field', body: { name: 'a', uid: 'x' }, pointer: '/uid', says: /no such field/ },
  ]),
  ...badInputOf({ method: 'POST', path: `/api/v1/queue/app:${uuidLike}:retry`, status: 400 }, [
    { reason: 'a body where none is taken', body: {}, says: /takes no body/ },
  ]),
  ...badInputOf({ method: 'POST', path: '/api/v1/clusters/north:cordon', status: 400 }, [
    { reason: 'a cordon with a body', body: { why: 'maintenance' }, says: /takes no body/ },
  ]),
];
