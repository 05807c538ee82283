/**
 * What belongs to another tenant is not there: wherever its name or id is put (in any segment of any path, in a body, in a
 * query), the answer is the one for something that never was, to the byte, and no list holds it.
 */
import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askNothing, hasPlace, pathOf } from '../testing/ask.ts';
import type { Answer, Method, TestManager } from '../testing/manager.ts';
import { createTwoTenants, KINDS, NOWHERE, type Place, type TwoTenants } from '../testing/two-tenants.ts';
import { imageSource, makePlace } from '../testing/world.ts';

let database: TestDatabase;
let world: TwoTenants;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTwoTenants(database.url);
  manager = world.manager;
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

const strangers = ['tenantOwner of tenant', 'projectDev of tenant', 'projectDev of project', 'readOnly of project'];
const guarded = (Object.keys(operations) as OperationId[]).filter((id) => !operations[id].public);
const withPlace = guarded.filter((id) => hasPlace(id) && !operations[id].path.includes('{key}'));

/** As long as the names of the foreign place, so that a text which repeats one is as long too. */
const missing: Place = {
  cluster: 'ghost',
  tenant: 'nobody',
  project: 'none',
  app: 'web',
  sandbox: 'sbx-001',
  appId: NOWHERE,
  policySet: 'rules',
  roleBinding: NOWHERE,
  token: NOWHERE,
};
const missingIds: Place = {
  ...missing,
  cluster: NOWHERE,
  tenant: NOWHERE,
  project: NOWHERE,
  app: NOWHERE,
  sandbox: NOWHERE,
  policySet: NOWHERE,
};

/** All that can be told apart of an answer: all but which request it answers. */
function seen({ status, headers, text }: Answer, sent: readonly string[] = []) {
  const { 'x-request-id': id, date: _, ...others } = headers;
  const body = sent.reduce((words, one) => words.replaceAll(one, '<sent>'), text.replaceAll(String(id), '<request>'));
  return { status, headers: others, length: text.length, body };
}

const parametersOf = (id: OperationId): (keyof Place)[] =>
  [...operations[id].path.matchAll(/\{(\w+)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((name): name is keyof Place => name in missing);

describe('a path to another tenant', () => {
  it.each(withPlace)('answers as one to nothing does: %s', async (id) => {
    const asks = strangers.flatMap((role) =>
      KINDS.map(async (kind) => {
        const ask = async (place: Place) =>
          seen(await askNothing(manager, id, pathOf(id, place), world.bearer(role, kind)));
        const [there, absent] = await Promise.all([ask(world.foreign), ask(missing)]);
        expect(there, `${role} by ${kind}`).toEqual(absent);
        expect(there).toMatchObject({ status: 404 });
        const [thereById, absentById] = await Promise.all([ask(world.foreignIds), ask(missingIds)]);
        expect(thereById, `${role} by ${kind}, by id`).toEqual(absentById);
      }),
    );
    await Promise.all(asks);
  });

  it.each(['deleteRoleBinding', 'deleteToken'] as const)('is not needed for what has an id alone: %s', async (id) => {
    for (const role of strangers) {
      const ask = async (place: Place) => seen(await askNothing(manager, id, pathOf(id, place), world.bearer(role)));
      expect(await ask(world.foreign), role).toEqual(await ask(missing));
    }
    const path = pathOf(id, world.foreign);
    expect((await manager.call('DELETE', path)).status, 'it was there all the time').toBe(204);
  });
});

describe('another tenant in a segment of an own path', () => {
  it.each(withPlace)('answers as nothing there does: %s', async (id) => {
    const asks = parametersOf(id).flatMap((parameter) =>
      strangers.map(async (role) => {
        const ask = async (place: Place) => seen(await askNothing(manager, id, pathOf(id, place), world.bearer(role)));
        for (const [mine, theirs, nothing] of [
          [world.own, world.foreign, missing],
          [world.ownIds, world.foreignIds, missingIds],
          [world.own, world.foreignIds, missingIds],
        ] as const) {
          // Names of Apps, sandboxes and policy sets are alike in both; only their ids are foreign.
          if (mine[parameter] === theirs[parameter]) continue;
          const there = await ask({ ...mine, [parameter]: theirs[parameter] });
          expect(there, `${role}: ${parameter}`).toEqual(await ask({ ...mine, [parameter]: nothing[parameter] }));
          // Whoever may not have to do with policy sets at all is told so, whichever is named.
          const refusals = parameter === 'policySet' ? [403, 404] : [404];
          expect(refusals, `${role}: ${parameter}`).toContain(there.status);
        }
      }),
    );
    await Promise.all(asks);
  });

  /** What lies within something else. */
  const children = ['project', 'app', 'sandbox', 'policySet'] as const;
  const withChild = withPlace.filter((id) => parametersOf(id).some((name) => children.some((child) => child === name)));

  it.each(withChild)('is not taken for a part of it, not even for an administrator: %s', async (id) => {
    for (const child of children.filter((name) => parametersOf(id).includes(name))) {
      const path = pathOf(id, { ...world.own, [child]: world.foreignIds[child] });
      // A policy set is looked up when the body has been read.
      const answer = await (id === 'putPolicySet'
        ? manager.call('PUT', path, { body: { policies: [] } })
        : askNothing(manager, id, path, manager.adminToken));
      expect(answer.status, `${child}: ${answer.text}`).toBe(404);
    }
  });
});

describe('another tenant in a body or a query', () => {
  type Request = [what: string, method: Method, path: string, body: ((place: Place) => object) | null];
  const acme = '/api/v1/tenants/acme';
  const bodies: Request[] = [
    ['a sandbox on its cluster', 'POST', `${acme}/sandbox`, ({ cluster }) => ({ cluster, project: 'shop' })],
    ['a sandbox in its project', 'POST', `${acme}/sandbox`, ({ project }) => ({ cluster: 'north', project })],
    [
      'a role on it',
      'POST',
      '/api/v1/role-bindings',
      ({ tenant }) => ({ ...ann, role: 'readOnly', scope: { tenant } }),
    ],
    [
      'a role on its project, as if that were an own one',
      'POST',
      '/api/v1/role-bindings',
      ({ project }) => ({ ...ann, role: 'readOnly', scope: { tenant: 'acme', project } }),
    ],
    [
      'a role for its token',
      'POST',
      '/api/v1/role-bindings',
      ({ token }) => ({ subject: { kind: 'Token', name: token }, role: 'readOnly', scope: { tenant: 'acme' } }),
    ],
    ['a token for it', 'POST', '/api/v1/tokens', ({ tenant }) => ({ ...robot, scope: { tenant } })],
    [
      'a token for its project',
      'POST',
      '/api/v1/tokens',
      ({ project }) => ({ ...robot, scope: { tenant: 'acme', project } }),
    ],
    ['a kubeconfig for its cluster', 'POST', `${acme}/kubeconfig`, ({ cluster }) => ({ clusters: [cluster] })],
    ['a kubeconfig for its project', 'POST', `${acme}/kubeconfig`, ({ project }) => ({ project })],
    ['a kubeconfig of all, with its cluster', 'POST', '/api/v1/kubeconfig', ({ cluster }) => ({ clusters: [cluster] })],
    ['a kubeconfig of all, with it', 'POST', '/api/v1/kubeconfig', ({ tenant }) => ({ tenants: [tenant] })],
    ['a token for kubectl on its cluster', 'POST', `${acme}/kubernetes-token`, ({ cluster }) => ({ cluster })],
    [
      'a token for kubectl in its project',
      'POST',
      `${acme}/kubernetes-token`,
      ({ project }) => ({ cluster: 'north', project }),
    ],
    [
      'its token as a member',
      'PUT',
      `${acme}/projects/shop/access`,
      ({ token }) => ({ members: [{ subject: { kind: 'Token', name: token }, role: 'readOnly' }] }),
    ],
  ];
  const ann = { subject: { kind: 'User', name: 'ann' } };
  const robot = { name: 'robot', role: 'readOnly', ttlSeconds: 60 };

  it.each(bodies)('is refused as nothing would be: %s', async (_, method, path, body) => {
    for (const role of strangers) {
      const ask = async (place: Place) => {
        const options = { token: world.bearer(role), body: body?.(place) };
        const answer = await manager.call(method, path, options);
        expect(answer.status, `${role}: ${answer.text}`).toBeGreaterThanOrEqual(400);
        return seen(answer, [place.cluster, place.tenant, place.project, place.token]);
      };
      expect(await ask(world.foreign), role).toEqual(await ask(missing));
      expect(await ask({ ...world.foreignIds, token: NOWHERE }), role).toEqual(await ask(missingIds));
    }
  });

  it.each([
    (place: Place) => `/api/v1/role-bindings?tenant=${place.tenant}`,
    (place: Place) => `/api/v1/audit?tenant=${place.tenant}`,
  ])('finds nothing in a list: %s', async (pathWith) => {
    const token = world.bearer('tenantOwner of tenant');
    const ask = async (place: Place) => seen(await manager.call('GET', pathWith(place), { token }));
    expect(await ask(world.foreign)).toEqual(await ask(missing));
    expect(await ask(world.foreignIds)).toEqual(await ask(missingIds));
  });
});

describe('a list', () => {
  const lists = guarded.filter(
    (id) => operations[id].method === 'GET' && /^(list|get(Me|.*Summary|.*Usage|.*Access)$)/.test(id),
  );

  it.each(lists)('holds nothing of another tenant: %s', async (id) => {
    for (const role of strangers) {
      const token = world.bearer(role);
      const { text, status } = await manager.call('GET', pathOf(id, world.own), { token });
      expect([200, 403], `${role}: ${text}`).toContain(status);
      expect(text, role).not.toMatch(/globex|south|"site"/);
      if (role.endsWith('of project')) expect(text, role).not.toContain('blog');
    }
  });
});

describe('a namespace that is taken by another tenant', () => {
  it('is told as taken, and not by whom', async () => {
    await makePlace(manager, { cluster: 'north', tenant: 'acme-shop', project: 'app' });
    const stranger = await manager.must('POST', '/api/v1/clusters/north/tenants/acme-shop/projects/app/apps', {
      name: 'x',
      source: imageSource('1'),
    });
    // tn-acme-shop-app-app-x, seen from acme: project shop, app app-x.
    const body = { name: 'app-x', source: imageSource('1') };
    const path = '/api/v1/clusters/north/tenants/acme/projects/shop/apps';
    const asAdmin = await manager.call('POST', path, { body });
    expect(asAdmin).toMatchObject({ status: 409, body: { detail: expect.stringContaining('tenant acme-shop') } });
    for (const role of ['tenantOwner of tenant', 'projectDev of project']) {
      const token = world.bearer(role);
      const asOwner = await manager.call('POST', path, { body, token });
      expect(asOwner).toMatchObject({ status: 409, body: { detail: expect.stringContaining('another object') } });
      expect(asOwner.text).not.toMatch(/acme-shop |project app|app x/);
      const checked = await manager.call('POST', `${path}:validate`, { body, token });
      expect(checked.body.problems).toMatchObject([
        { pointer: '/name', detail: expect.stringContaining(stranger.namespace) },
      ]);
    }
  });
});
