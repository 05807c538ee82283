/** Role bindings and a project's members: who may give and take them, and that tenants' owners say the same. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';
import { createPeople, type People } from '../testing/people.ts';
import { makePlace } from '../testing/world.ts';

let database: TestDatabase;
let people: People;
let manager: TestManager;
/** Owns acme, and nothing else. */
let owner: string;

beforeAll(async () => {
  database = await createTestDatabase();
  people = createPeople('external');
  manager = await createTestManager(database.url, { verifier: people.verifier });
  await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
  await makePlace(manager, { cluster: 'north', tenant: 'globex', project: 'site' });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});
beforeEach(async () => {
  await manager.store.pool.query("DELETE FROM role_bindings; UPDATE tenants SET owners = '[]'");
  await manager.must('POST', PATH, { subject: user('olga'), role: 'tenantOwner', scope: { tenant: 'acme' } });
  owner = people.signIn('olga');
});

const PATH = '/api/v1/role-bindings';
const ACCESS = '/api/v1/tenants/acme/projects/shop/access';
const user = (name: string) => ({ kind: 'User', name });
const group = (name: string) => ({ kind: 'Group', name });
const ownersOf = async (tenant: string) => (await manager.must('GET', `/api/v1/tenants/${tenant}`)).owners;
const auditOf = async (operation: string) =>
  (await manager.must('GET', `/api/v1/audit?operation=${operation}&limit=1`)).items[0];

describe('giving a role', () => {
  const cases: [string, string, object, number, string?][] = [
    ['an owner, in the tenant', 'projectDev', { tenant: 'acme' }, 201],
    ['an owner, in a project', 'readOnly', { tenant: 'acme', project: 'shop' }, 201],
    ['an owner, of another owner', 'tenantOwner', { tenant: 'acme' }, 201],
    ['a foreign tenant is none', 'readOnly', { tenant: 'globex' }, 422, '/scope/tenant'],
    ['a missing tenant is none', 'readOnly', { tenant: 'nobody' }, 422, '/scope/tenant'],
    ['a foreign project is none', 'readOnly', { tenant: 'acme', project: 'site' }, 422, '/scope/project'],
    ['more than one holds', 'admin', {}, 403],
    ['a wider scope than one holds', 'readOnly', {}, 403],
    ['an owner of a project', 'tenantOwner', { tenant: 'acme', project: 'shop' }, 422, '/scope/project'],
    ['an administrator of a tenant', 'admin', { tenant: 'acme' }, 422, '/scope'],
  ];
  it.each(cases)('%s', async (_, role, scope, status, pointer) => {
    const body = { subject: user('dora'), role, scope };
    const answer = await manager.call('POST', PATH, { token: owner, body });
    expect(answer.status, answer.text).toBe(status);
    if (status === 201) {
      expect(answer.body).toMatchObject({ subject: user('dora'), role, scope, createdBy: 'user:olga' });
      expect((await manager.must('GET', '/api/v1/me', undefined, { token: people.signIn('dora') })).grants).toEqual([
        { role, scope },
      ]);
    } else {
      expect(problem(answer).errors?.[0]?.pointer).toBe(pointer);
    }
  });

  it('is not for those who hold less than an owner, nor for operators', async () => {
    const names: [string, string, object][] = [
      ['dev', 'projectDev', { tenant: 'acme' }],
      ['reader', 'readOnly', {}],
      ['operator', 'ops', {}],
    ];
    for (const [name, role, scope] of names) {
      await manager.must('POST', PATH, { subject: user(name), role, scope });
      const body = { subject: user('x'), role: 'readOnly', scope: { tenant: 'acme' } };
      expect((await manager.call('POST', PATH, { token: people.signIn(name), body })).status, name).toBe(403);
    }
  });

  it('twice is a conflict; with the same key it is once', async () => {
    const body = { subject: group('Site Crew'), role: 'readOnly', scope: { tenant: 'globex' } };
    const headers = { 'idempotency-key': 'one' };
    const first = await manager.call('POST', PATH, { body, headers });
    expect((await manager.call('POST', PATH, { body, headers })).body).toEqual(first.body);
    const again = await manager.call('POST', PATH, { body });
    expect(problem(again)).toMatchObject({ status: 409, detail: 'Group Site Crew holds readOnly there already.' });
  });

  it('is refused where a subject has too many in one tenant', async () => {
    await manager.store.pool.query(`WITH made AS (
        INSERT INTO projects (tenant_id, name, labels) SELECT id, 'p' || n, '{}' FROM tenants, generate_series(1, 100) n WHERE name = 'globex'
        RETURNING id, tenant_id)
      INSERT INTO role_bindings (subject_kind, subject_name, role, tenant_id, project_id, created_by)
        SELECT 'User', 'many', role, tenant_id, id, 'test' FROM made, unnest(ARRAY['projectDev', 'readOnly']) role`);
    const body = { subject: user('many'), role: 'readOnly', scope: { tenant: 'globex', project: 'site' } };
    const answer = await manager.call('POST', PATH, { body });
    expect(problem(answer)).toMatchObject({ status: 409, detail: expect.stringContaining('on the whole tenant') });
    const site = '/api/v1/tenants/globex/projects/site/access';
    const put = await manager.call('PUT', site, { body: { members: [{ subject: user('many'), role: 'readOnly' }] } });
    expect(problem(put)).toMatchObject({ status: 409, detail: answer.body.detail });
    expect((await manager.must('GET', site)).members).toEqual([]);
    // What another tenant gives tells nothing here.
    await manager.must('POST', PATH, { ...body, scope: { tenant: 'acme' } });
    await manager.store.pool.query("DELETE FROM projects WHERE name LIKE 'p%'");
  });

  it('is in the audit, with what was given to whom', async () => {
    const body = { subject: user('dora'), role: 'projectDev', scope: { tenant: 'acme', project: 'shop' } };
    const { id } = await manager.must('POST', PATH, body, { token: owner });
    const entry = { actor: 'user:olga', object: `roleBinding:${id}`, detail: body };
    expect(await auditOf('createRoleBinding')).toMatchObject({ ...entry, status: 201 });
    await manager.must('DELETE', `${PATH}/${id}`, undefined, { token: owner });
    expect(await auditOf('deleteRoleBinding')).toMatchObject({ ...entry, status: 204 });
  });
});

describe('taking a role', () => {
  it('is for who may give it; a foreign binding is as one that is not there', async () => {
    const mine = await manager.must('POST', PATH, { subject: user('x'), role: 'readOnly', scope: { tenant: 'acme' } });
    const foreign = await manager.must('POST', PATH, {
      subject: user('x'),
      role: 'readOnly',
      scope: { tenant: 'globex' },
    });
    const global = await manager.must('POST', PATH, { subject: user('x'), role: 'ops' });
    const missing = '00000000-0000-4000-8000-000000000000';
    const take = (id: string) => manager.call('DELETE', `${PATH}/${id}`, { token: owner });
    const absent = await take(missing);
    expect(absent.status).toBe(404);
    for (const { id } of [foreign, global]) {
      const answer = await take(id);
      expect({ ...answer.body, instance: '' }).toEqual({ ...absent.body, instance: '' });
    }
    expect((await take(mine.id)).status).toBe(204);
    expect((await take(mine.id)).status).toBe(404);
    const left = (await manager.must('GET', `${PATH}?subject=x`)).items.map((item: { id: string }) => item.id);
    expect(left).toEqual([foreign.id, global.id]);
  });

  it('an owner may take its own, and then may no more', async () => {
    const [own] = (await manager.must('GET', `${PATH}?subject=olga`)).items;
    await manager.must('DELETE', `${PATH}/${own.id}`, undefined, { token: owner });
    expect((await manager.call('GET', PATH, { token: owner })).status).toBe(403);
  });
});

describe('the list', () => {
  it('holds what is in scope, by tenant and by subject, page by page', async () => {
    await manager.must('POST', PATH, { subject: user('x'), role: 'readOnly', scope: { tenant: 'globex' } });
    await manager.must('POST', PATH, { subject: user('x'), role: 'ops' });
    await manager.must('POST', PATH, {
      subject: user('x'),
      role: 'readOnly',
      scope: { tenant: 'acme', project: 'shop' },
    });
    const scopes = async (query: string, token?: string) =>
      (await manager.must('GET', `${PATH}${query}`, undefined, { token })).items.map(
        (item: { scope: object }) => item.scope,
      );
    expect(await scopes('', owner)).toEqual([{ tenant: 'acme' }, { tenant: 'acme', project: 'shop' }]);
    expect(await scopes('?tenant=globex')).toEqual([{ tenant: 'globex' }]);
    for (const tenant of ['globex', 'nobody']) expect(await scopes(`?tenant=${tenant}`, owner)).toEqual([]);
    expect(await scopes('?subject=x')).toEqual([{ tenant: 'globex' }, {}, { tenant: 'acme', project: 'shop' }]);
    const first = await manager.must('GET', `${PATH}?limit=3`);
    const rest = await manager.must('GET', `${PATH}?limit=3&cursor=${first.nextCursor}`);
    expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([3, 1, null]);
  });
});

describe("a tenant's owners", () => {
  it('are its tenantOwner bindings of users and groups, whichever is changed', async () => {
    expect(await ownersOf('acme')).toEqual([user('olga')]);
    const scope = { tenant: 'acme' };
    const crew = await manager.must(
      'POST',
      PATH,
      { subject: group('crew'), role: 'tenantOwner', scope },
      { token: owner },
    );
    await manager.must('POST', PATH, { subject: user('dora'), role: 'projectDev', scope });
    expect(await ownersOf('acme')).toEqual([user('olga'), group('crew')]);
    await manager.must('PUT', '/api/v1/tenants/acme/owners', [user('nina'), group('crew')]);
    const bindings = (await manager.must('GET', `${PATH}?tenant=acme`)).items;
    expect(
      bindings.map((item: { subject: { name: string }; role: string }) => [item.subject.name, item.role]).sort(),
    ).toEqual([
      ['crew', 'tenantOwner'],
      ['dora', 'projectDev'],
      ['nina', 'tenantOwner'],
    ]);
    expect((await manager.call('GET', '/api/v1/tenants/acme', { token: owner })).status).toBe(404);
    await manager.must('DELETE', `${PATH}/${crew.id}`);
    expect(await ownersOf('acme')).toEqual([user('nina')]);
  });

  it('reach every cluster of the tenant', async () => {
    const { id } = await manager.must('GET', '/api/v1/clusters/north/tenants/acme');
    await manager.store.pool.query('DELETE FROM reconcile_queue');
    await manager.must('POST', PATH, { subject: user('dora'), role: 'projectDev', scope: { tenant: 'acme' } });
    const queued = async () => (await manager.store.pool.query('SELECT key FROM reconcile_queue')).rows;
    expect(await queued()).toEqual([]);
    await manager.must('POST', PATH, { subject: user('nina'), role: 'tenantOwner', scope: { tenant: 'acme' } });
    expect(await queued()).toEqual([{ key: `placement:${id}` }]);
  });

  it('are fifty at most', async () => {
    const owners = Array.from({ length: 50 }, (_, index) => user(`owner-${index}`));
    await manager.must('PUT', '/api/v1/tenants/globex/owners', owners);
    const body = { subject: user('one-more'), role: 'tenantOwner', scope: { tenant: 'globex' } };
    expect(problem(await manager.call('POST', PATH, { body }))).toMatchObject({ status: 409 });
  });
});

describe("a project's members", () => {
  it('are its own, and those who come in from above', async () => {
    await manager.must('POST', PATH, { subject: user('root'), role: 'admin' });
    await manager.must('POST', PATH, { subject: user('else'), role: 'readOnly', scope: { tenant: 'globex' } });
    const members = [
      { subject: user('dora'), role: 'projectDev' },
      { subject: group('Testers'), role: 'readOnly' },
    ];
    const changed = await manager.must('PUT', ACCESS, { members }, { token: owner });
    expect(changed).toEqual({
      truncated: false,
      members: [
        { ...members[1], from: 'project' },
        { ...members[0], from: 'project' },
        { subject: user('olga'), role: 'tenantOwner', from: 'tenant' },
        { subject: user('root'), role: 'admin', from: 'global' },
      ],
    });
    expect(await manager.must('GET', ACCESS, undefined, { token: people.signIn('dora') })).toEqual(changed);
    expect((await manager.call('PUT', ACCESS, { body: { members: [] }, token: people.signIn('dora') })).status).toBe(
      403,
    );
  });

  it('are replaced: who is not named any more is none, at once, and the audit says who', async () => {
    await manager.must('PUT', ACCESS, { members: [{ subject: user('dora'), role: 'projectDev' }] });
    const dora = people.signIn('dora');
    expect((await manager.call('GET', ACCESS, { token: dora })).status).toBe(200);
    await manager.must('PUT', ACCESS, { members: [{ subject: user('emil'), role: 'readOnly' }] }, { token: owner });
    expect((await manager.call('GET', ACCESS, { token: dora })).status).toBe(404);
    expect(await auditOf('putProjectAccess')).toMatchObject({
      actor: 'user:olga',
      detail: {
        scope: { tenant: 'acme', project: 'shop' },
        added: [{ subject: user('emil'), role: 'readOnly' }],
        removed: [{ subject: user('dora'), role: 'projectDev' }],
      },
    });
  });

  it('are changed by one at a time', async () => {
    const read = await manager.call('GET', ACCESS);
    const etag = String(read.headers.etag);
    const members = [{ subject: user('dora'), role: 'projectDev' }];
    const put = (tag: string) => manager.call('PUT', ACCESS, { body: { members }, headers: { 'if-match': tag } });
    const first = await put(etag);
    expect(first.status).toBe(200);
    expect(first.headers.etag).not.toBe(etag);
    expect(problem(await put(etag))).toMatchObject({
      status: 412,
      detail: expect.stringContaining(String(first.headers.etag)),
    });
    // The same again changes nothing, and neither does what comes in from above.
    await manager.must('POST', PATH, { subject: user('else'), role: 'readOnly', scope: { tenant: 'acme' } });
    expect((await put(String(first.headers.etag))).headers.etag).toBe(first.headers.etag);
  });
});
