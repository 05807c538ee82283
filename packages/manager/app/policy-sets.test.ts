/** Policy sets of a tenant and of its plan: what is stored, who is told, and what is refused. */
import { catalogue } from '@kubenova/domain/policies/catalogue.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { clusterBody, imageSource, makePlace, makeToken } from '../testing/world.ts';
import { policiesProblems } from './policy-problems.ts';

let database: TestDatabase;
let manager: TestManager;
let keys: string[];

const sets = '/api/v1/clusters/north/tenants/acme/policysets';
const registries = { type: 'allowed-registries', parameters: { registries: ['ghcr.io/acme'] } };
const replicas = { type: 'max-replicas', parameters: { max: 3 } };

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  const place = await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
  await makePlace(manager, { cluster: 'north', tenant: 'globex', project: 'site' });
  const app = await manager.must('POST', `${place}/apps`, { name: 'web', source: imageSource('1') });
  const sandbox = await manager.must('POST', `${place}/sandbox`, {});
  const placement = await manager.must('GET', '/api/v1/clusters/north/tenants/acme');
  keys = [`app:${app.id}`, `placement:${placement.id}`, `sandbox:${sandbox.id}`];
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});
beforeEach(async () => {
  await manager.store.pool.query('DELETE FROM policy_sets');
  await manager.store.pool.query(`UPDATE reconcile_queue SET due_at = 'infinity'`);
});

async function due(): Promise<string[]> {
  const { rows } = await manager.store.pool.query(`SELECT key FROM reconcile_queue WHERE due_at <= now() ORDER BY key`);
  return rows.map(({ key }) => key);
}

describe('a policy set', () => {
  it('is made once, replaced and taken away; the placement and all namespaces hear of each change', async () => {
    const made = await manager.call('POST', sets, { body: { name: 'images', policies: [registries] } });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'images', cluster: 'north', tenant: 'acme', from: 'tenant', generation: 1, policies: [registries] },
    });
    expect(await due()).toEqual(keys);
    expect((await manager.call('POST', sets, { body: { name: 'images', policies: [] } })).status).toBe(409);

    await manager.store.pool.query(`UPDATE reconcile_queue SET due_at = 'infinity'`);
    const same = await manager.must('PUT', `${sets}/images`, { policies: [registries] });
    expect(same.generation).toBe(1);
    const described = await manager.must('PUT', `${sets}/images`, { policies: [registries], description: 'ours' });
    expect(described).toMatchObject({ generation: 2, description: 'ours' });
    expect(await due()).toEqual([]);
    const put = await manager.must('PUT', `${sets}/images`, { policies: [replicas] });
    expect(put).toMatchObject({ generation: 3, policies: [replicas], description: '' });
    expect(await due()).toEqual(keys);

    await manager.store.pool.query(`UPDATE reconcile_queue SET due_at = 'infinity'`);
    await manager.must('DELETE', `${sets}/images`);
    expect(await due()).toEqual(keys);
    for (const method of ['GET', 'DELETE'] as const) {
      expect((await manager.call(method, `${sets}/images`)).status).toBe(404);
    }
    expect((await manager.call('PUT', `${sets}/images`, { body: { policies: [] } })).status).toBe(404);
  });

  it('is changed from the version that the change is based on', async () => {
    const { headers } = await manager.call('POST', sets, { body: { name: 'images', policies: [registries] } });
    const etag = String(headers.etag);
    const change = (ifMatch: string) =>
      manager.call('PUT', `${sets}/images`, { body: { policies: [replicas] }, headers: { 'if-match': ifMatch } });
    expect((await change('"another-1"')).status).toBe(412);
    expect((await change(etag)).status).toBe(200);
    expect((await change(etag)).status).toBe(412);
    expect((await manager.call('DELETE', `${sets}/images`, { headers: { 'if-match': etag } })).status).toBe(412);
  });

  it('is written into the audit by its name', async () => {
    const { id } = await manager.must('POST', sets, { name: 'images', policies: [registries] });
    const { items } = await manager.must('GET', '/api/v1/audit?operation=createPolicySet&tenant=acme');
    expect(items[0]).toMatchObject({ object: `policyset:${id}`, detail: { policySet: 'images' }, status: 201 });
  });

  it('is not made of more than a placement may have, and pages are walked from the oldest', async () => {
    for (let number = 1; number <= 20; number += 1) {
      await manager.must('POST', sets, { name: `set-${number}`, policies: [] });
    }
    const more = await manager.call('POST', sets, { body: { name: 'set-21', policies: [] } });
    expect([more.status, more.body.detail]).toEqual([409, expect.stringContaining('which is the most')]);
    expect(await names(7)).toEqual(Array.from({ length: 20 }, (_, index) => `set-${index + 1}`));
  });

  it('needs a placement', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: 'homeless' });
    const homeless = '/api/v1/clusters/north/tenants/homeless/policysets';
    expect((await manager.call('GET', homeless)).status).toBe(404);
    expect((await manager.call('POST', homeless, { body: { name: 'a', policies: [] } })).status).toBe(404);
  });
});

/** All names, by pages of this size. */
async function names(limit: number): Promise<string[]> {
  const all: string[] = [];
  let cursor = '';
  do {
    const page = await manager.must('GET', `${sets}?limit=${limit}&cursor=${cursor}`);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    all.push(...page.items.map(({ name }: { name: string }) => name));
    cursor = page.nextCursor ?? '';
  } while (cursor !== '');
  return all;
}

describe('the sets of a plan', () => {
  const spec = {
    policySets: [
      { name: 'security', policies: [{ type: 'run-as-non-root' }], description: 'for all' },
      { name: 'size', policies: [replicas] },
    ],
  };

  it('are shown beside the own ones, marked, and changed in the plan', async () => {
    await manager.must('PUT', '/api/v1/plans/strict', { spec });
    await manager.must('PUT', '/api/v1/tenants/acme/plan', { plan: 'strict' });
    await manager.must('POST', sets, { name: 'own', policies: [] });
    for (const limit of [1, 2, 3, 50]) expect(await names(limit)).toEqual(['security', 'size', 'own']);
    const { items } = await manager.must('GET', sets);
    expect(items.map(({ from }: { from: string }) => from)).toEqual(['plan', 'plan', 'tenant']);
    expect(await manager.must('GET', `${sets}/security`)).toEqual({
      name: 'security',
      cluster: 'north',
      tenant: 'acme',
      description: 'for all',
      policies: [{ type: 'run-as-non-root' }],
      from: 'plan',
    });
    for (const [method, url, body] of [
      ['PUT', `${sets}/security`, { policies: [] }],
      ['DELETE', `${sets}/security`, undefined],
      ['POST', sets, { name: 'security', policies: [] }],
    ] as const) {
      const answer = await manager.call(method, url, { body });
      expect([answer.status, answer.body.detail]).toEqual([
        409,
        expect.stringContaining('Change it there with PUT /api/v1/plans/strict'),
      ]);
    }
    await manager.must('PUT', '/api/v1/tenants/acme/plan', { plan: null });
    expect(await names(50)).toEqual(['own']);
  });

  it.each([
    [
      'two of one name',
      [
        { name: 'a', policies: [] },
        { name: 'a', policies: [] },
      ],
      '/spec/policySets/1/name',
    ],
    ['an unknown policy', [{ name: 'a', policies: [{ type: 'nothing' }] }], '/spec/policySets/0/policies/0/type'],
    [
      'a wrong parameter',
      [{ name: 'a', policies: [replicas, { type: 'pod-security', parameters: { level: 'none' } }] }],
      '/spec/policySets/0/policies/1/parameters/level',
    ],
  ])('are checked as the own ones are: %s', async (_what, policySets, pointer) => {
    const answer = await manager.call('PUT', '/api/v1/plans/wrong', { body: { spec: { policySets } } });
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, pointer]);
  });
});

describe('what is refused', () => {
  it.each<[string, unknown, string, RegExp]>([
    [
      'a type that there is not',
      [{ type: 'no-fun' }],
      '/policies/0/type',
      /no policy no-fun\. Known are: allowed-registries/,
    ],
    ['a type twice', [replicas, replicas], '/policies/1/type', /has max-replicas already/],
    ['a parameter that is needed', [{ type: 'max-replicas' }], '/policies/0/parameters/max', /is needed/],
    [
      'a parameter that there is not',
      [{ type: 'run-as-non-root', parameters: { a: 1 } }],
      '/policies/0/parameters/a',
      /no such field/,
    ],
    [
      'a value of another kind',
      [{ type: 'max-replicas', parameters: { max: 'three' } }],
      '/policies/0/parameters/max',
      /must be an integer/,
    ],
    [
      'an empty list, which would forbid everything',
      [{ type: 'allowed-registries', parameters: { registries: [] } }],
      '/policies/0/parameters/registries',
      /at least 1 item/,
    ],
    [
      'a registry with a separator of ours in it',
      [{ type: 'allowed-registries', parameters: { registries: ['a.example.com,evil.example.com'] } }],
      '/policies/0/parameters/registries/0',
      /must match/,
    ],
    [
      'a registry with its scheme',
      [{ type: 'allowed-registries', parameters: { registries: ['https://ghcr.io'] } }],
      '/policies/0/parameters/registries/0',
      /must match/,
    ],
    [
      'every capability',
      [{ type: 'no-privileged-pods', parameters: { capabilities: ['ALL'] } }],
      '/policies/0/parameters/capabilities/0',
      /not allowed here/,
    ],
    [
      'a wildcard in the middle',
      [{ type: 'ingress-hosts', parameters: { hosts: ['a.*.example.com'] } }],
      '/policies/0/parameters/hosts/0',
      /must match/,
    ],
    [
      'a value of a label with a separator in it',
      [{ type: 'required-labels', parameters: { labels: [{ key: 'a', values: ['x|y'] }] } }],
      '/policies/0/parameters/labels/0/values/0',
      /must match/,
    ],
  ])('%s', async (_what, policies, pointer, says) => {
    const answer = await manager.call('POST', sets, { body: { name: 'bad', policies } });
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]).toEqual({ pointer, detail: expect.stringMatching(says) });
    expect((await manager.call('GET', `${sets}/bad`)).status).toBe(404);
  });

  it('a set of somebody who is no administrator; its own people may read', async () => {
    await manager.must('POST', sets, { name: 'images', policies: [registries] });
    const owner = await makeToken(manager, 'tenantOwner', { tenant: 'acme' });
    const stranger = await makeToken(manager, 'tenantOwner', { tenant: 'globex' });
    expect((await manager.call('GET', `${sets}/images`, { token: owner })).status).toBe(200);
    expect((await manager.call('DELETE', `${sets}/images`, { token: owner })).status).toBe(403);
    expect((await manager.call('PUT', `${sets}/images`, { token: owner, body: { policies: [] } })).status).toBe(403);
    expect((await manager.call('GET', `${sets}/images`, { token: stranger })).status).toBe(404);
  });
});

describe('the catalogue of a cluster', () => {
  it('lists every policy with a schema that its own example passes, and what is not known is not available', async () => {
    await manager.must('POST', '/api/v1/clusters', clusterBody('fresh'));
    const { items } = await manager.must('GET', '/api/v1/clusters/fresh/policysets/catalog');
    expect(items.map(({ type }: { type: string }) => type)).toEqual([...catalogue.keys()]);
    for (const { type, available, schema } of items) {
      expect([type, available]).toEqual([type, false]);
      expect(policiesProblems([{ type, parameters: schema.examples[0] }], [])).toEqual([]);
    }
  });

  it('says what the cluster can enforce, once it has been looked at', async () => {
    const facts = {
      versions: { capsule: null, capsuleProxy: null, vela: null, agent: null },
      vela: { authentication: null, missingDefinitions: [] },
      policies: { version: '2', missing: ['kubenova-policy-max-replicas'] },
      kyvernoKinds: [],
      metrics: false,
    };
    await manager.store.pool.query('UPDATE clusters SET capabilities = $1 WHERE name = $2', [facts, 'fresh']);
    const { items } = await manager.must('GET', '/api/v1/clusters/fresh/policysets/catalog');
    const available = new Map(items.map((item: { type: string; available: boolean }) => [item.type, item.available]));
    expect(available.get('allowed-registries')).toBe(true);
    expect(available.get('max-replicas')).toBe(false);
  });
});
