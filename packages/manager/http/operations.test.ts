/** The happy path of every operation. */
import { operations } from '@kubenova/knapi/generated/operations.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createTestManager, operationOf, type TestManager } from '../testing/manager.ts';
import { createPeople } from '../testing/people.ts';
import { clusterBody, imageSource, kubeconfigBase64, makePlace } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;
const people = createPeople('embedded');

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url, { verifier: people.verifier });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

describe('system', () => {
  it('is alive, ready, and says its version', async () => {
    expect(await manager.must('GET', '/healthz', undefined, { token: null })).toEqual({ status: 'ok' });
    expect(await manager.must('GET', '/readyz', undefined, { token: null })).toEqual({ status: 'ok' });
    for (const path of ['/api/v1/healthz', '/api/v1/readyz']) {
      expect(await manager.must('GET', path, undefined, { token: null })).toEqual({ status: 'ok' });
    }
    expect(await manager.must('GET', '/api/v1/version')).toMatchObject({ version: '0.0.0-test', api: 'v1' });
  });

  it('shows its contract', async () => {
    expect((await manager.must('GET', '/openapi.json', undefined, { token: null })).openapi).toBe('3.1.0');
    expect(parse(await manager.must('GET', '/openapi.yaml', undefined, { token: null })).openapi).toBe('3.1.0');
  });

  it('shows metrics by operation, of the queue and of the pool', async () => {
    const text = await manager.must('GET', '/metrics');
    expect(text).toMatch(/kubenova_request_duration_seconds_count\{operation="getHealth",status="200"\} 1/);
    expect(text).toMatch(/kubenova_queue_depth \d/);
    expect(text).toMatch(/kubenova_pg_pool_connections [1-9]/);
  });

  it('is an issuer', async () => {
    const provider = await manager.must('GET', '/.well-known/openid-configuration', undefined, { token: null });
    expect(provider).toMatchObject({ issuer: 'https://issuer.test', jwks_uri: 'https://issuer.test/oidc/jwks' });
    const { keys } = await manager.must('GET', '/oidc/jwks', undefined, { token: null });
    expect(keys).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }]);
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('tells where people sign in', async () => {
    const signIn = await manager.must('GET', '/api/v1/sign-in', undefined, { token: null });
    expect(signIn).toMatchObject({ kind: 'embedded', issuer: 'https://issuer.test', clientId: 'kubenova-cli' });
  });

  it('changes its key: the next one is published and waits', async () => {
    const next = await manager.must('POST', '/api/v1/signing-keys:rotate');
    const { items } = await manager.must('GET', '/api/v1/signing-keys');
    expect(items.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
      [next.id, 'next'],
      [expect.any(String), 'signing'],
    ]);
    const { headers, body } = await manager.call('GET', '/oidc/jwks', { token: null });
    expect(body.keys).toHaveLength(2);
    // An API server that was allowed to keep them would not ask again for a key that it does not know.
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('identity', () => {
  it('makes, lists and revokes tokens, and says who one is', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: 'identity' });
    const body = { name: 'ci', role: 'tenantOwner', scope: { tenant: 'identity' }, ttlSeconds: 600 };
    const made = await manager.must('POST', '/api/v1/tokens', body);
    expect(made.token).toMatch(/^kn_[A-Za-z0-9_-]{43}$/);
    const me = await manager.must('GET', '/api/v1/me', undefined, { token: made.token });
    expect(me.subject).toBe(`token:ci:${made.id}`);
    expect(me.grants).toEqual([{ role: 'tenantOwner', scope: { tenant: 'identity' } }]);
    expect(me.operations).toContain('createApp');
    expect(me.operations).not.toContain('createTenant');
    const listed = (await manager.must('GET', '/api/v1/tokens')).items.find(
      (item: { id: string }) => item.id === made.id,
    );
    expect(listed).toMatchObject({ name: 'ci', owner: 'admin', role: 'tenantOwner', scope: { tenant: 'identity' } });
    await manager.must('DELETE', `/api/v1/tokens/${made.id}`);
    expect((await manager.call('GET', '/api/v1/me', { token: made.token })).status).toBe(401);
  });

  it('makes, lists, changes, signs out and deletes an account, which changes its own password', async () => {
    const password = 'correct horse battery';
    const body = { name: 'ann', displayName: 'Ann', email: 'ann@example.org', groups: ['crew'], password };
    const made = await manager.must('POST', '/api/v1/accounts', body);
    expect(made).toMatchObject({
      name: 'ann',
      subject: 'account:ann',
      groups: ['crew'],
      disabled: false,
      generation: 1,
    });
    expect(await manager.must('GET', '/api/v1/accounts/ann')).toEqual(made);
    expect(await manager.must('GET', `/api/v1/accounts/${made.id}`)).toEqual(made);
    expect((await manager.must('GET', '/api/v1/accounts?q=an')).items).toEqual([made]);
    const changed = await manager.must('PATCH', '/api/v1/accounts/ann', { displayName: 'Anna' });
    expect(changed).toMatchObject({ displayName: 'Anna', email: 'ann@example.org', generation: 2 });
    const ann = people.signIn('account:ann', { issuedAt: new Date(Date.now() + 5_000) });
    const change = { currentPassword: password, newPassword: 'battery staple correct' };
    await manager.must('PUT', '/api/v1/me/password', change, { token: ann });
    await manager.must('POST', '/api/v1/accounts/ann:sign-out');
    await manager.must('DELETE', '/api/v1/accounts/ann');
    expect((await manager.call('GET', '/api/v1/accounts/ann')).status).toBe(404);
  });

  it('gives, lists and takes a role', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: 'given' });
    const body = { subject: { kind: 'Group', name: 'crew' }, role: 'projectDev', scope: { tenant: 'given' } };
    const made = await manager.must('POST', '/api/v1/role-bindings', body);
    expect(made).toMatchObject({ ...body, createdBy: 'admin' });
    expect((await manager.must('GET', '/api/v1/role-bindings?tenant=given&subject=crew')).items).toEqual([made]);
    await manager.must('DELETE', `/api/v1/role-bindings/${made.id}`);
    expect((await manager.must('GET', '/api/v1/role-bindings?tenant=given')).items).toEqual([]);
  });

  it('shows the audit, newest first, by operation and by tenant', async () => {
    const tenant = await manager.must('POST', '/api/v1/tenants', { name: 'audited' });
    const page = await manager.must('GET', '/api/v1/audit?operation=createTenant&tenant=audited');
    expect(page.items).toMatchObject([
      { actor: 'admin', operation: 'createTenant', outcome: 'allowed', status: 201, object: `tenant:${tenant.id}` },
    ]);
  });
});

describe('clusters', () => {
  it('registers, reads, changes and forgets one', async () => {
    const made = await manager.must('POST', '/api/v1/clusters', { ...clusterBody('c1'), labels: { tier: 'gold' } });
    expect(made).toMatchObject({
      name: 'c1',
      zone: 'zone-c1',
      server: 'https://127.0.0.1:6443',
      cordoned: false,
      generation: 1,
      status: { phase: 'Pending', observedGeneration: 0, conditions: [] },
    });
    expect(await manager.must('GET', '/api/v1/clusters/c1')).toEqual(made);
    expect(await manager.must('GET', `/api/v1/clusters/${made.id}`)).toEqual(made);
    expect((await manager.must('GET', '/api/v1/clusters?labelSelector=tier=gold&q=c')).items).toEqual([made]);
    const kubeconfig = kubeconfigBase64({ server: 'https://10.0.0.1:6443' });
    const changed = await manager.must('PATCH', '/api/v1/clusters/c1', {
      cordoned: true,
      labels: { rack: 'a' },
      kubeconfig,
    });
    expect(changed).toMatchObject({
      cordoned: true,
      labels: { tier: 'gold', rack: 'a' },
      server: 'https://10.0.0.1:6443',
      generation: 2,
    });
    await manager.must('DELETE', '/api/v1/clusters/c1');
    expect((await manager.call('GET', '/api/v1/clusters/c1')).status).toBe(404);
  });

  it('cordons one and lets it take new things again', async () => {
    await manager.must('POST', '/api/v1/clusters', clusterBody('corded'));
    const cordoned = await manager.must('POST', '/api/v1/clusters/corded:cordon');
    expect(cordoned).toMatchObject({ cordoned: true, generation: 2 });
    expect(await manager.must('POST', '/api/v1/clusters/corded:cordon')).toEqual(cordoned);
    expect(await manager.must('POST', '/api/v1/clusters/corded:uncordon')).toMatchObject({
      cordoned: false,
      generation: 3,
    });
  });

  it('says what one can do, which is not known before it was looked at', async () => {
    const capabilities = await manager.must('GET', '/api/v1/clusters/corded/capabilities');
    expect(capabilities).toMatchObject({ cluster: 'corded', auth: 'oidc', observedAt: null });
    const known = capabilities.items.map((item: { name: string; installed: unknown }) => [item.name, item.installed]);
    expect(Object.fromEntries(known)).toEqual({
      kubernetes: null,
      capsule: null,
      'capsule-proxy': null,
      kubevela: null,
      agent: null,
      policies: null,
      kyverno: null,
      metrics: null,
    });
  });
});

describe('tenants', () => {
  it('makes, lists, changes and deletes one', async () => {
    const made = await manager.must('POST', '/api/v1/tenants', {
      name: 'short-lived',
      displayName: 'Short',
      owners: [{ kind: 'User', name: 'ann@example.org' }],
      labels: { tier: 'free' },
    });
    expect((await manager.must('GET', '/api/v1/tenants?q=short')).items).toEqual([made]);
    expect(await manager.must('GET', '/api/v1/tenants/short-lived')).toEqual(made);
    const changed = await manager.must('PATCH', '/api/v1/tenants/short-lived', { displayName: 'Long' });
    expect(changed).toMatchObject({ displayName: 'Long', owners: made.owners, generation: 2 });
    await manager.must('DELETE', '/api/v1/tenants/short-lived');
  });

  it('places one on a cluster, hands out a kubeconfig, and takes it away', async () => {
    await manager.must('POST', '/api/v1/clusters', { ...clusterBody('c2'), capsuleProxyCa: PEM });
    await manager.must('POST', '/api/v1/tenants', { name: 'placed' });
    const path = '/api/v1/clusters/c2/tenants/placed';
    const made = await manager.call('PUT', path, { body: { quotas: { 'limits.cpu': '8' } } });
    expect(made.status).toBe(201);
    expect(await manager.must('GET', path)).toEqual(made.body);
    expect((await manager.must('GET', '/api/v1/clusters/c2/tenants')).items).toEqual([made.body]);
    expect((await manager.must('GET', '/api/v1/tenants/placed')).clusters).toEqual(['c2']);
    const changed = await manager.call('PUT', path, { body: {} });
    expect(changed.body).toMatchObject({ spec: {}, generation: 2 });
    const { kubeconfig, expiresAt } = await manager.must('POST', '/api/v1/tenants/placed/kubeconfig', {
      ttlSeconds: 900,
    });
    const config = parse(kubeconfig);
    expect(config['current-context']).toBe('placed@c2');
    expect(config.clusters[0].cluster.server).toBe('https://c2.proxy.test:9001');
    expect(Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString()).toBe(PEM);
    expect(decodeJwt(config.users[0].user.token)).toMatchObject({
      iss: 'https://issuer.test',
      sub: 'kubenova:admin',
      aud: 'kubenova:c2',
      groups: ['kubenova-users', 'placed-devs'],
      exp: Date.parse(expiresAt) / 1000,
    });
    const token = await manager.must('POST', '/api/v1/tenants/placed/kubernetes-token', { cluster: 'c2' });
    expect(decodeJwt(token.token)).toMatchObject({ aud: 'kubenova:c2', groups: ['kubenova-users', 'placed-devs'] });
    const own = await manager.must('POST', '/api/v1/kubeconfig', { tenants: ['placed'], mode: 'exec' });
    expect(parse(own.kubeconfig).contexts.map(({ name }: { name: string }) => name)).toEqual(['placed@c2']);
    const leaving = await manager.call('DELETE', path);
    expect(leaving).toMatchObject({ status: 202, body: { status: { phase: 'Deleting' } } });
  });
});

describe('plans and settings', () => {
  it('makes, lists, gives and deletes a plan', async () => {
    const spec = { quotas: { pods: '20' }, sandboxes: { maxPerProject: 2 } };
    const made = await manager.call('PUT', '/api/v1/plans/bronze', { body: { displayName: 'Bronze', spec } });
    expect(made).toMatchObject({ status: 201, body: { name: 'bronze', spec, tenants: 0, generation: 1 } });
    expect(await manager.must('GET', '/api/v1/plans/bronze')).toEqual(made.body);
    expect((await manager.must('GET', '/api/v1/plans')).items).toContainEqual(made.body);
    await manager.must('POST', '/api/v1/tenants', { name: 'bound' });
    expect(await manager.must('PUT', '/api/v1/tenants/bound/plan', { plan: 'bronze' })).toMatchObject({
      plan: 'bronze',
      generation: 2,
    });
    await manager.must('PUT', '/api/v1/tenants/bound/plan', { plan: null });
    await manager.must('DELETE', '/api/v1/plans/bronze');
  });

  it('sets each kind of settings, for all clusters and for one, and the owners', async () => {
    await manager.must('POST', '/api/v1/clusters', clusterBody('c4'));
    const placed = await manager.call('POST', '/api/v1/clusters/c4/tenants', {
      body: { name: 'settled', plan: 'baseline', spec: { quotas: { pods: '5' } } },
    });
    expect(placed).toMatchObject({ status: 201, body: { tenant: 'settled', effective: { quotas: { pods: '5' } } } });
    const [all, one] = ['/api/v1/tenants/settled', '/api/v1/clusters/c4/tenants/settled'];
    for (const [kind, value] of Object.entries({
      quotas: { 'requests.cpu': '4', 'count/jobs.batch': '10' },
      limits: [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }],
      'network-policies': [{ podSelector: {}, policyTypes: ['Ingress'] }],
      'node-selector': { pool: 'blue' },
    })) {
      const field = kind.replace(/-(\w)/, (_, letter: string) => letter.toUpperCase());
      expect((await manager.must('PUT', `${all}/${kind}`, value)).settings[field]).toEqual(value);
      expect((await manager.must('PUT', `${one}/${kind}`, value)).spec[field]).toEqual(value);
      expect((await manager.must('DELETE', `${one}/${kind}`)).effective[field]).toEqual(value);
    }
    const owners = [{ kind: 'Group', name: 'settled-admins' }];
    expect((await manager.must('PUT', `${all}/owners`, owners)).owners).toEqual(owners);
  });
});

describe('policies', () => {
  it('shows the catalogue, makes, lists, replaces and takes away a set', async () => {
    await manager.must('POST', '/api/v1/clusters', clusterBody('c5'));
    await manager.must('POST', '/api/v1/tenants', { name: 'ruled' });
    await manager.must('PUT', '/api/v1/clusters/c5/tenants/ruled', {});
    const { items } = await manager.must('GET', '/api/v1/clusters/c5/policysets/catalog');
    expect(items[0]).toMatchObject({ type: 'allowed-registries', engine: 'admissionPolicy' });
    const sets = '/api/v1/clusters/c5/tenants/ruled/policysets';
    const policies = [{ type: 'max-replicas', parameters: { max: 3 } }];
    const made = await manager.call('POST', sets, { body: { name: 'size', policies } });
    expect(made).toMatchObject({ status: 201, body: { name: 'size', from: 'tenant', policies } });
    expect(await manager.must('GET', `${sets}/size`)).toEqual(made.body);
    expect((await manager.must('GET', sets)).items).toEqual([made.body]);
    expect((await manager.must('PUT', `${sets}/size`, { policies: [] })).policies).toEqual([]);
    await manager.must('DELETE', `${sets}/size`);
  });
});

describe('projects', () => {
  it('makes, lists, changes and deletes one', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: 'builder' });
    const base = '/api/v1/tenants/builder/projects';
    const made = await manager.must('POST', base, { name: 'shop', labels: { team: 'a' } });
    expect((await manager.must('GET', `${base}?labelSelector=team=a`)).items).toEqual([made]);
    expect(await manager.must('GET', `${base}/shop`)).toEqual(made);
    const changed = await manager.must('PUT', `${base}/shop`, { displayName: 'Shop' });
    expect(changed).toMatchObject({ displayName: 'Shop', labels: {}, generation: 2 });
    await manager.must('DELETE', `${base}/shop`);
  });

  it('shows and replaces the members of one', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: 'peopled' });
    await manager.must('POST', '/api/v1/tenants/peopled/projects', { name: 'shop' });
    const path = '/api/v1/tenants/peopled/projects/shop/access';
    const members = [{ subject: { kind: 'User', name: 'dora' }, role: 'projectDev' }];
    const made = await manager.must('PUT', path, { members });
    expect(made).toEqual({ members: [{ ...members[0], from: 'project' }], truncated: false });
    expect(await manager.must('GET', path)).toEqual(made);
  });

  it('does the same under a cluster, where the list shows what that holds', async () => {
    const project = await makePlace(manager, { cluster: 'c3', tenant: 'acme', project: 'here' });
    const base = project.replace(/\/here$/, '');
    const sandboxes = { maxPerProject: 2, maxTtlSeconds: 3600, quotas: { 'limits.cpu': '2' } };
    const made = await manager.must('POST', base, { name: 'there', sandboxes });
    expect(made).toMatchObject({ name: 'there', sandboxes });
    expect(await manager.must('GET', `${base}/there`)).toEqual(made);
    const changed = await manager.must('PUT', `${base}/there`, { sandboxes: { maxPerProject: 1 } });
    expect(changed).toMatchObject({ sandboxes: { maxPerProject: 1 }, generation: 2 });
    await manager.must('POST', `${project}/sandbox`, {});
    const listed = await manager.must('GET', `${base}?q=here`);
    expect(listed.items.map((item: { name: string }) => item.name)).toEqual(['here']);
    await manager.must('DELETE', `${base}/there`);
  });
});

describe('sandboxes', () => {
  it('makes, lists and deletes one', async () => {
    const base = await makePlace(manager, { cluster: 'c3', tenant: 'acme', project: 'play' });
    const made = await manager.must('POST', `${base}/sandbox`, { displayName: 'Mine' });
    expect(made).toMatchObject({ name: 'sbx-001', namespace: 'tn-acme-play-sbx-001', displayName: 'Mine' });
    expect((await manager.must('GET', `${base}/sandbox`)).items).toEqual([made]);
    expect(await manager.must('GET', `${base}/sandbox/sbx-001`)).toEqual(made);
    expect(await manager.must('GET', `${base}/sandbox/${made.id}`)).toEqual(made);
    expect(made.expiresAt).toBeNull();
    const changed = await manager.must('PATCH', `${base}/sandbox/sbx-001`, { displayName: 'Ours', ttlSeconds: 600 });
    expect(changed).toMatchObject({ displayName: 'Ours', generation: 2 });
    expect(Date.parse(changed.expiresAt) - Date.parse(changed.updatedAt)).toBe(600_000);
    expect(await manager.must('PATCH', `${base}/sandbox/sbx-001`, { ttlSeconds: null })).toMatchObject({
      displayName: 'Ours',
      expiresAt: null,
    });
    const { kubeconfig } = await manager.must('POST', `${base}/sandbox/sbx-001/kubeconfig`, {});
    expect(parse(kubeconfig).contexts[0].context.namespace).toBe('tn-acme-play-sbx-001');
    const ofProject = await manager.must('GET', '/api/v1/tenants/acme/projects/play/kubeconfig');
    expect(ofProject).toMatchObject({ expiresAt: null, kubeconfig: expect.stringContaining('--project') });
    expect(await manager.call('DELETE', `${base}/sandbox/sbx-001`)).toMatchObject({
      status: 202,
      body: { status: { phase: 'Deleting' } },
    });
  });

  it('makes one by the short cut, and lists those of a cluster', async () => {
    await makePlace(manager, { cluster: 'shortcut', tenant: 'acme', project: 'play' });
    const body = { cluster: 'shortcut', project: 'play', displayName: 'Short', ttlSeconds: 300 };
    const made = await manager.must('POST', '/api/v1/tenants/acme/sandbox', body);
    expect(made).toMatchObject({
      cluster: 'shortcut',
      tenant: 'acme',
      project: 'play',
      name: 'sbx-001',
      displayName: 'Short',
    });
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(300_000);
    expect((await manager.must('GET', '/api/v1/clusters/shortcut/sandboxes')).items).toEqual([made]);
  });
});

describe('usage', () => {
  it('tells what a tenant and a project may use, and of requests nothing before the first sample', async () => {
    const path = await makePlace(manager, { cluster: 'meter', tenant: 'measured', project: 'shop' });
    await manager.must('PUT', '/api/v1/clusters/meter/tenants/measured', {
      quotas: { 'requests.cpu': '4', pods: '10' },
    });
    await manager.must('POST', `${path}/sandbox`, {});
    const now = [{ cluster: 'meter', allowed: { cpu: 4, pods: 10 }, requested: null, used: null, observedAt: null }];
    const expected = { now, samples: [], truncated: false };
    expect(await manager.must('GET', '/api/v1/tenants/measured/usage')).toEqual(expected);
    expect(await manager.must('GET', '/api/v1/tenants/measured/projects/shop/usage?cluster=meter')).toEqual(expected);
    const summary = await manager.must('GET', '/api/v1/tenants/measured/summary');
    expect(summary).toMatchObject({ tenant: 'measured', plan: null, projects: 1 });
    expect(summary.clusters).toMatchObject([{ ...now[0], namespaces: { apps: 0, sandboxes: 1 }, phase: 'Pending' }]);
    expect(await manager.must('GET', '/api/v1/clusters/meter/tenants/measured/summary')).toEqual(summary);
  });
});

describe('apps', () => {
  it('goes through the whole life of one', async () => {
    const base = await makePlace(manager, { cluster: 'c3', tenant: 'acme', project: 'shop' });
    const body = { name: 'frontend', source: imageSource('1'), labels: { tier: 'web' } };
    const checked = await manager.must('POST', `${base}/apps:validate`, body);
    expect(checked.problems).toEqual([]);
    expect(checked.application).toMatchObject({
      kind: 'Application',
      metadata: { namespace: 'tn-acme-shop-app-frontend' },
    });
    const made = await manager.call('POST', `${base}/apps`, { body });
    expect(made.status).toBe(201);
    const app = made.body;
    expect(app).toMatchObject({ namespace: 'tn-acme-shop-app-frontend', revision: 1, generation: 1, description: '' });
    expect(await manager.must('GET', `${base}/apps/frontend`)).toEqual(app);
    expect(await manager.must('GET', `/api/v1/apps/${app.id}`)).toEqual(app);
    expect((await manager.must('GET', `${base}/apps?labelSelector=tier=web`)).items).toEqual([app]);
    expect((await manager.must('GET', '/api/v1/apps?sourceKind=containerImage&phase=Pending&q=front')).items).toEqual([
      app,
    ]);
    expect(await manager.must('GET', `${base}/apps/frontend/status`)).toMatchObject({
      phase: 'Pending',
      healthy: false,
      components: [],
    });

    const second = await manager.must('PUT', `${base}/apps/frontend`, { source: imageSource('2') });
    expect(second).toMatchObject({ revision: 2, generation: 2, labels: {} });
    const third = await manager.must('PATCH', `${base}/apps/frontend`, { source: { containerImage: { tag: '3' } } });
    expect(third.source).toEqual(imageSource('3'));
    const back = await manager.must('POST', `${base}/apps/frontend:rollback`, { revision: 1 });
    expect(back).toMatchObject({ revision: 4, source: app.source, labels: app.labels });
    const { items } = await manager.must('GET', `${base}/apps/frontend/revisions`);
    expect(items.map((item: { revision: number; cause: string }) => [item.revision, item.cause])).toEqual([
      [4, 'rollback'],
      [3, 'update'],
      [2, 'update'],
      [1, 'create'],
    ]);
    expect(await manager.must('GET', `${base}/apps/frontend/revisions/4`)).toMatchObject({
      rollbackOf: 1,
      author: 'admin',
    });

    const gone = await manager.call('DELETE', `${base}/apps/frontend`);
    expect(gone).toMatchObject({ status: 202, body: { status: { phase: 'Deleting' } } });
  });
});

describe('queue', () => {
  it('shows what waits, and takes a key at once', async () => {
    const queue = await manager.must('GET', '/api/v1/queue');
    expect(queue.depth).toBeGreaterThan(0);
    const { id } = await manager.must('GET', '/api/v1/clusters/c3');
    expect(await manager.call('POST', `/api/v1/queue/cluster:${id}:retry`)).toMatchObject({ status: 202, text: '' });
    expect((await manager.call('POST', `/api/v1/queue/app:${id}:retry`)).status).toBe(404);
  });
});

it('has answered every operation of the contract', () => {
  expect([...manager.answered].sort()).toEqual(Object.keys(operations).sort());
});

it('finds operations behind a verb', () => {
  expect(operationOf('POST', '/api/v1/queue/app:1:retry')).toBe('retryQueueKey');
  expect(operationOf('POST', '/api/v1/clusters/a/tenants/b/projects/c/apps/d:rollback')).toBe('rollbackApp');
  expect(operationOf('POST', '/api/v1/clusters/a/tenants/b/projects/c/apps:validate')).toBe('validateApp');
});

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
