/** Bad input: each gets a problem that says what to do, at the place where it is, and leaves nothing behind. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestManager, type Method, problem, type TestManager } from '../testing/manager.ts';
import { CANARY, clusterBody, imageSource, kubeconfigBase64, makePlace } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;
let place: string;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  place = await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

interface Case {
  reason: string;
  method?: Method;
  path: string | (() => string);
  body?: unknown;
  headers?: Record<string, string>;
  status: number;
  /** Of the first error. */
  pointer?: string;
  says: RegExp;
}

const uuidLike = '123e4567-e89b-12d3-a456-426614174000';
const apps = () => `${place}/apps`;
const register = (change: object) => ({ ...clusterBody('south'), ...change });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const yaml = (text: string) => ({ name: 'a', source: { kind: 'kubeManifest', kubeManifest: { yaml: text } } });

const cases: Case[] = [
  { reason: 'no body', path: '/api/v1/tenants', status: 400, says: /needs a body/ },
  { reason: 'a body of null', path: '/api/v1/tenants', body: 'null', status: 400, says: /needs a body/ },
  {
    reason: 'no JSON',
    path: '/api/v1/tenants',
    body: '{"name": secret}',
    status: 400,
    says: /not JSON in UTF-8/,
  },
  { reason: 'an array', path: '/api/v1/tenants', body: [], status: 422, pointer: '', says: /must be an object/ },
  {
    reason: 'another media type',
    path: '/api/v1/tenants',
    body: 'name=a',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    says: /application\/json/,
  },
  {
    reason: 'text/plain, which a browser may send anywhere',
    path: '/api/v1/tenants',
    body: '{"name":"a"}',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    says: /application\/json/,
  },
  {
    reason: 'a media type that looks like ours',
    path: '/api/v1/tenants',
    body: '{"name":"a"}',
    headers: { 'content-type': 'application/jsonx' },
    status: 415,
    says: /application\/json/,
  },
  { reason: 'too large', path: '/api/v1/tenants', body: `"${'x'.repeat(1_600_000)}"`, status: 413, says: /1\.5 MiB/ },
  {
    reason: 'too deep',
    path: '/api/v1/tenants',
    body: `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    status: 422,
    says: /nested deeper than 64/,
  },
  {
    reason: 'a NUL character',
    path: '/api/v1/tenants',
    body: '{"name":"a","displayName":"a\\u0000b"}',
    status: 422,
    pointer: '/displayName',
    says: /NUL/,
  },
  {
    reason: 'half of a surrogate pair',
    path: '/api/v1/tenants',
    body: '{"name":"a","displayName":"\\ud800"}',
    status: 422,
    pointer: '/displayName',
    says: /surrogate/,
  },
  {
    reason: 'a key that reaches into JavaScript',
    path: '/api/v1/tenants',
    body: '{"name":"a","labels":{"__proto__":{"x":"y"}}}',
    status: 422,
    pointer: '/labels',
    says: /__proto__/,
  },
  {
    reason: 'an unknown field',
    path: '/api/v1/tenants',
    body: { name: 'a', uid: 'x' },
    status: 422,
    pointer: '/uid',
    says: /no such field/,
  },
  {
    reason: 'a name with capitals',
    path: '/api/v1/tenants',
    body: { name: 'Acme' },
    status: 422,
    pointer: '/name',
    says: /lower-case/,
  },
  {
    reason: 'a name that is too long',
    path: '/api/v1/tenants',
    body: { name: 'a'.repeat(41) },
    status: 422,
    pointer: '/name',
    says: /at most 40/,
  },
  {
    reason: 'a name that looks like an id',
    path: '/api/v1/tenants',
    body: { name: uuidLike },
    status: 422,
    pointer: '/name',
    says: /UUID/,
  },
  {
    reason: 'a project that looks like an id',
    path: '/api/v1/tenants/acme/projects',
    body: { name: uuidLike },
    status: 422,
    pointer: '/name',
    says: /UUID/,
  },
  {
    reason: 'an app that looks like an id',
    path: apps,
    body: { name: uuidLike, source: imageSource('1') },
    status: 422,
    pointer: '/name',
    says: /UUID/,
  },
  {
    reason: 'a zone that looks like an id',
    path: '/api/v1/clusters',
    body: register({ zone: uuidLike }),
    status: 422,
    pointer: '/zone',
    says: /UUID/,
  },
  {
    reason: 'a second tenant of a name',
    path: '/api/v1/tenants',
    body: { name: 'acme' },
    status: 409,
    says: /tenant named acme exists already/,
  },
  {
    reason: 'a second project of a name',
    path: '/api/v1/tenants/acme/projects',
    body: { name: 'shop' },
    status: 409,
    says: /has a project named shop already/,
  },
  {
    reason: 'a second cluster of a name',
    path: '/api/v1/clusters',
    body: register({ name: 'north' }),
    status: 409,
    says: /cluster named north exists already/,
  },
  {
    reason: 'a second cluster for a zone',
    path: '/api/v1/clusters',
    body: register({ zone: 'zone-north' }),
    status: 409,
    says: /Zone zone-north has a cluster already: north/,
  },
  {
    reason: 'a kubeconfig that is not base64',
    path: '/api/v1/clusters',
    body: register({ kubeconfig: 'apiVersion: v1' }),
    status: 422,
    pointer: '/kubeconfig',
    says: /base64/,
  },
  {
    reason: 'a kubeconfig that is no kubeconfig',
    path: '/api/v1/clusters',
    body: register({ kubeconfig: base64('hello') }),
    status: 422,
    pointer: '/kubeconfig',
    says: /kubeconfig/,
  },
  {
    reason: 'a kubeconfig of bytes',
    path: '/api/v1/clusters',
    body: register({ kubeconfig: Buffer.from([255, 254, 0]).toString('base64') }),
    status: 422,
    pointer: '/kubeconfig',
    says: /base64 of a text/,
  },
  {
    reason: 'a kubeconfig without TLS',
    path: '/api/v1/clusters',
    body: register({ kubeconfig: kubeconfigBase64({ server: 'http://x:8080' }) }),
    status: 422,
    pointer: '/kubeconfig',
    says: /https/,
  },
  {
    reason: 'a kubeconfig without a server',
    path: '/api/v1/clusters',
    body: register({ kubeconfig: kubeconfigBase64({ server: '' }) }),
    status: 422,
    pointer: '/kubeconfig',
    says: /server/,
  },
  {
    reason: 'a proxy without TLS',
    path: '/api/v1/clusters',
    body: register({ capsuleProxyUrl: 'http://proxy' }),
    status: 422,
    pointer: '/capsuleProxyUrl',
    says: /https:\/\//,
  },
  {
    reason: 'a CA that is not PEM',
    path: '/api/v1/clusters',
    body: register({ capsuleProxyCa: 'MIIB' }),
    status: 422,
    pointer: '/capsuleProxyCa',
    says: /PEM/,
  },
  {
    reason: 'a change of nothing',
    method: 'PATCH',
    path: '/api/v1/clusters/north',
    body: {},
    status: 422,
    pointer: '',
    says: /at least 1 field/,
  },
  {
    reason: 'a quota that is no quantity',
    method: 'PUT',
    path: '/api/v1/clusters/north/tenants/acme',
    body: { quotas: { cpu: 'much' } },
    status: 422,
    pointer: '/quotas/cpu',
    says: /must match/,
  },
  {
    reason: 'an unknown kind of source',
    path: apps,
    body: { name: 'a', source: { kind: 'zip' } },
    status: 422,
    pointer: '/source/kind',
    says: /must be one of: containerImage/,
  },
  {
    reason: 'a kind that cannot be deployed yet',
    path: apps,
    body: { name: 'a', source: { kind: 'gitRepo', gitRepo: { url: 'https://x', revision: 'main' } } },
    status: 422,
    pointer: '/source/kind',
    says: /cannot be deployed yet/,
  },
  {
    reason: 'a tag and a digest',
    path: apps,
    body: {
      name: 'a',
      source: { kind: 'containerImage', containerImage: { image: 'x', tag: '1', digest: `sha256:${'0'.repeat(64)}` } },
    },
    status: 422,
    says: /tag/,
  },
  {
    reason: 'YAML that does not parse',
    path: apps,
    body: yaml('a: [b'),
    status: 422,
    pointer: '/source/kubeManifest/yaml',
    says: /YAML/,
  },
  {
    reason: 'a cluster-scoped object',
    path: apps,
    body: yaml('apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}'),
    status: 422,
    pointer: '/source/kubeManifest/yaml',
    says: /ClusterRoleBinding/,
  },
  {
    reason: 'an object in another namespace',
    path: apps,
    body: yaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: kube-system}'),
    status: 422,
    pointer: '/source/kubeManifest/yaml',
    says: /kube-system|own namespace/,
  },
  {
    reason: 'a credential in a sandbox',
    path: apps,
    body: {
      name: 'a',
      source: {
        kind: 'helmHttp',
        helmHttp: {
          repoUrl: 'https://x',
          chart: 'c',
          version: '1',
          credentialsSecretRef: { name: 's', namespace: 'tn-acme-shop-sbx-001' },
        },
      },
    },
    status: 422,
    pointer: '/source/helmHttp/credentialsSecretRef/namespace',
    says: /tn-acme-shop-sbx-001/,
  },
  {
    reason: 'a scope for admin',
    path: '/api/v1/tokens',
    body: { name: 't', role: 'admin', scope: { tenant: 'acme' }, ttlSeconds: 60 },
    status: 422,
    pointer: '/scope',
    says: /leave the scope out/,
  },
  {
    reason: 'no scope for projectDev',
    path: '/api/v1/tokens',
    body: { name: 't', role: 'projectDev', ttlSeconds: 60 },
    status: 422,
    pointer: '/scope',
    says: /name a tenant/,
  },
  {
    reason: 'a project without its tenant',
    path: '/api/v1/tokens',
    body: { name: 't', role: 'projectDev', scope: { project: 'shop' }, ttlSeconds: 60 },
    status: 422,
    pointer: '/scope/tenant',
    says: /needed when project is given/,
  },
  {
    reason: 'a scope that is not there',
    path: '/api/v1/tokens',
    body: { name: 't', role: 'projectDev', scope: { tenant: 'nobody' }, ttlSeconds: 60 },
    status: 422,
    pointer: '/scope/tenant',
    says: /No such tenant/,
  },
  {
    reason: 'a kubeconfig for a cluster without the tenant',
    path: '/api/v1/tenants/acme/kubeconfig',
    body: { clusters: ['north', 'south'] },
    status: 422,
    pointer: '/clusters/1',
    says: /not placed/,
  },
  {
    reason: 'a page of too many',
    method: 'GET',
    path: '/api/v1/tenants?limit=201',
    status: 400,
    pointer: 'limit',
    says: /at most 200/,
  },
  {
    reason: 'a page that is no number',
    method: 'GET',
    path: '/api/v1/tenants?limit=ten',
    status: 400,
    pointer: 'limit',
    says: /an integer/,
  },
  {
    reason: 'a parameter given twice',
    method: 'GET',
    path: '/api/v1/tenants?limit=1&limit=2',
    status: 400,
    pointer: 'limit',
    says: /an integer/,
  },
  {
    reason: 'an unknown parameter',
    method: 'GET',
    path: '/api/v1/tenants?sort=name',
    status: 400,
    pointer: 'sort',
    says: /no such parameter/,
  },
  {
    reason: 'a cursor of somebody else',
    method: 'GET',
    path: '/api/v1/tenants?cursor=abcd',
    status: 400,
    pointer: 'cursor',
    says: /nextCursor/,
  },
  {
    reason: 'a set-based selector',
    method: 'GET',
    path: '/api/v1/apps?labelSelector=a%20in%20(b)',
    status: 400,
    pointer: 'labelSelector',
    says: /key=value/,
  },
  {
    reason: 'a time that is none',
    path: () => `${apps()}?wait=soon`,
    body: { name: 'a', source: imageSource('1') },
    status: 400,
    pointer: 'wait',
    says: /30s/,
  },
  {
    reason: 'a name in the path that cannot be one',
    method: 'GET',
    path: '/api/v1/tenants/ACME',
    status: 400,
    pointer: 'tenant',
    says: /lower-case/,
  },
  {
    reason: 'a path that does not decode',
    method: 'GET',
    path: '/api/v1/tenants/%zz',
    status: 400,
    says: /percent-encoded/,
  },
  {
    reason: 'an operation that is not there',
    method: 'GET',
    path: '/api/v1/nothing',
    status: 404,
    says: /no operation GET \/api\/v1\/nothing/,
  },
  {
    reason: 'a method that is not there',
    method: 'PUT',
    path: '/api/v1/me',
    body: {},
    status: 404,
    says: /no operation PUT/,
  },
  {
    reason: 'a verb that is not there',
    path: () => `${apps()}/web:explode`,
    body: {},
    status: 404,
    says: /no operation POST/,
  },
  {
    reason: 'a body where none is taken',
    path: `/api/v1/queue/app:${uuidLike}:retry`,
    body: {},
    status: 400,
    says: /takes no body/,
  },
];

describe('bad input', () => {
  it.each(cases)('$reason', async ({ method = 'POST', path, body, headers, status, pointer, says }) => {
    const before = await counts();
    const answer = await manager.call(method, typeof path === 'string' ? path : path(), { body, headers });
    const found = problem(answer);
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status });
    expect(found.code).toBe(`KN-${status}`);
    expect(found.instance).toBe(answer.headers['x-request-id']);
    if (pointer !== undefined) expect(found.errors?.[0]?.pointer).toBe(pointer);
    expect(`${found.detail} ${(found.errors ?? []).map((error) => error.detail).join(' ')}`).toMatch(says);
    expect(answer.text).not.toContain(CANARY);
    expect(await counts()).toEqual(before);
  });
});

/** Rows of everything but the audit. */
async function counts(): Promise<unknown> {
  const tables = [
    'clusters',
    'tenants',
    'placements',
    'projects',
    'apps',
    'app_revisions',
    'sandboxes',
    'namespaces',
    'tokens',
    'reconcile_queue',
  ];
  const query = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ');
  return (await manager.store.pool.query(`SELECT ${query}`)).rows[0];
}

describe('security headers', () => {
  it('are on every answer, problems included', async () => {
    for (const path of ['/api/v1/me', '/nothing', '/healthz']) {
      const { headers } = await manager.call('GET', path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-frame-options': 'DENY',
      });
    }
  });

  it('repeats a request id that can be one, and makes another of what cannot', async () => {
    const kept = await manager.call('GET', '/healthz', { headers: { 'x-request-id': 'trace-1.2' } });
    expect(kept.headers['x-request-id']).toBe('trace-1.2');
    const made = await manager.call('GET', '/healthz', { headers: { 'x-request-id': 'a b\tc' } });
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});
