/** Canaries go in as a kubeconfig's credential, as passwords and as tokens, and are then searched for everywhere. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyPassword } from '../identity/accounts.ts';
import { clusterContext } from '../identity/sealing.ts';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { createPeople } from '../testing/people.ts';
import { CANARY, clusterBody, kubeconfigBase64, makeToken } from '../testing/world.ts';

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

/** In whatever form: as it is, in base64 at any offset, in base64url, in hex. */
function forms(secret: string): string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.from(`${'x'.repeat(offset)}${secret}`).toString('base64');
    return text.slice(offset === 0 ? 0 : 4, -4);
  });
  return [secret, ...base64, Buffer.from(secret).toString('hex'), encodeURIComponent(secret)];
}

async function wholeDatabase(): Promise<string> {
  const { rows } = await manager.store.pool.query(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
  );
  const texts: string[] = [];
  for (const { name } of rows) {
    texts.push(
      ...(await manager.store.pool.query(`SELECT t::text AS text FROM ${name} AS t`)).rows.map((row) => row.text),
    );
  }
  return texts.join('\n');
}

it('a kubeconfig is found nowhere: not in answers, logs, metrics, audit or any table', async () => {
  const answers: string[] = [];
  const call = async (...request: Parameters<TestManager['call']>) => {
    const answer = await manager.call(...request);
    answers.push(answer.text, JSON.stringify(answer.headers));
    return answer;
  };
  const created = await call('POST', '/api/v1/clusters', {
    body: clusterBody('north'),
    headers: { 'idempotency-key': 'a' },
  });
  expect(created.status).toBe(201);
  const { id } = created.body;
  await call('POST', '/api/v1/clusters', { body: clusterBody('north'), headers: { 'idempotency-key': 'a' } });
  await call('POST', '/api/v1/clusters', { body: clusterBody('north') });
  await call('PATCH', '/api/v1/clusters/north', { body: { kubeconfig: kubeconfigBase64() } });
  // Everything that can go wrong with a kubeconfig, and with what is around it.
  const broken = [
    { kubeconfig: kubeconfigBase64({ server: 'http://insecure' }) },
    { kubeconfig: `${kubeconfigBase64()}!` },
    { kubeconfig: Buffer.from(`{ token: ${CANARY}`).toString('base64') },
    { kubeconfig: Buffer.from(`users: [{name: ${CANARY}, name: 2}]`).toString('base64') },
    { kubeconfig: [CANARY] },
    { kubeconfig: CANARY, capsuleProxyUrl: `https://user:${CANARY}@x` },
    { name: 'other', zone: 'zone-north' },
    { unknown: CANARY },
  ];
  for (const change of broken)
    expect(
      (await call('POST', '/api/v1/clusters', { body: { ...clusterBody('south'), ...change } })).status,
    ).toBeGreaterThanOrEqual(400);
  await call('POST', '/api/v1/clusters', { body: `{"kubeconfig": "${CANARY}", oops` });
  const reader = await makeToken(manager, 'readOnly');
  await call('POST', '/api/v1/clusters', { token: reader, body: clusterBody('east') });
  await call('POST', '/api/v1/clusters', { token: CANARY, body: clusterBody('east') });
  for (const path of [
    '/api/v1/clusters',
    '/api/v1/clusters/north',
    '/api/v1/audit?limit=200',
    '/api/v1/queue',
    '/metrics',
  ]) {
    expect((await call('GET', path)).status).toBe(200);
  }
  // A failure inside, with the body at hand.
  const { enqueue } = manager.services;
  manager.services.enqueue = () => Promise.reject(new Error('no queue'));
  await expect(call('POST', '/api/v1/clusters', { body: clusterBody('west') })).rejects.toThrow();
  manager.services.enqueue = enqueue;

  const places = { answers: answers.join('\n'), logs: manager.logs.join('\n'), database: await wholeDatabase() };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(1_000);
    for (const form of forms(CANARY)) expect(text.includes(form), `${place} holds ${form}`).toBe(false);
    expect(text.includes(manager.adminToken), `${place} holds the admin token`).toBe(false);
    expect(text.includes(reader), `${place} holds an API token`).toBe(false);
  }
  // It is there all the same, for whoever has the key.
  const { rows } = await manager.store.pool.query('SELECT sealed_kubeconfig FROM clusters WHERE id = $1', [id]);
  expect(manager.services.sealer.unseal(rows[0].sealed_kubeconfig, clusterContext(id))).toContain(CANARY);
});

it('passwords and tokens are found nowhere: whether they were right, wrong, or in the wrong place', async () => {
  const [first, second, wrong] = ['canary-Pq7-first-one', 'canary-Xw2-second-one', 'canary-Zt9-wrong-one'] as const;
  const answers: string[] = [];
  const call = async (...request: Parameters<TestManager['call']>) => {
    const answer = await manager.call(...request);
    answers.push(answer.text, JSON.stringify(answer.headers));
    return answer;
  };
  const headers = { 'idempotency-key': 'account' };
  const statuses = async (...requests: Parameters<TestManager['call']>[]) => {
    const all: number[] = [];
    for (const request of requests) all.push((await call(...request)).status);
    return all;
  };
  const account = { name: 'ann', password: first };
  expect(
    await statuses(
      ['POST', '/api/v1/accounts', { body: account, headers }],
      ['POST', '/api/v1/accounts', { body: account, headers }],
      ['POST', '/api/v1/accounts', { body: account }],
      ['POST', '/api/v1/accounts', { body: { name: wrong, password: first } }],
      ['POST', '/api/v1/accounts', { body: { name: 'bob', password: [wrong] } }],
      ['POST', '/api/v1/accounts', { body: { name: 'bob', password: 'short', [wrong.slice(0, 9)]: wrong } }],
      ['POST', '/api/v1/accounts', { body: `{"name": "bob", "password": "${wrong}", oops` }],
      ['PATCH', '/api/v1/accounts/nobody', { body: { password: wrong } }],
      ['PATCH', '/api/v1/accounts/ann', { body: { password: second } }],
    ),
  ).toEqual([201, 201, 409, 422, 422, 422, 400, 404, 200]);
  const ann = people.signIn('account:ann', { issuedAt: new Date(Date.now() + 5_000) });
  const change = (currentPassword: string) => ({ currentPassword, newPassword: first });
  expect(await verifyPassword(manager.store.db, 'ann', wrong)).toBeUndefined();
  expect(await verifyPassword(manager.store.db, wrong, second)).toBeUndefined();
  expect(
    await statuses(
      ['PUT', '/api/v1/me/password', { token: ann, body: change(wrong) }],
      ['PUT', '/api/v1/me/password', { body: change(second) }],
      ['PUT', '/api/v1/me/password', { token: ann, body: change(second) }],
    ),
  ).toEqual([422, 403, 204]);

  const body = { name: 'ci', role: 'readOnly', ttlSeconds: 600 };
  const made = await manager.call('POST', '/api/v1/tokens', { body, headers: { 'idempotency-key': 'token' } });
  const { id, token } = made.body;
  const binding = { subject: { kind: 'Token', name: id }, role: 'ops' };
  const misplaced = { subject: { kind: 'Token', name: token }, role: 'ops' };
  expect(
    await statuses(
      ['POST', '/api/v1/tokens', { body, headers: { 'idempotency-key': 'token' } }],
      ['POST', '/api/v1/role-bindings', { body: binding }],
      ['POST', '/api/v1/role-bindings', { body: misplaced }],
      ['POST', '/api/v1/tenants', { token, body: { name: 'no' } }],
      ['DELETE', `/api/v1/tokens/${id}`],
      ['GET', '/api/v1/me', { token }],
    ),
  ).toEqual([409, 201, 422, 403, 204, 401]);
  for (const path of [
    '/api/v1/accounts',
    '/api/v1/accounts/ann',
    '/api/v1/audit?limit=200',
    '/api/v1/tokens',
    '/metrics',
  ]) {
    expect((await call('GET', path)).status).toBe(200);
  }

  const places = { answers: answers.join('\n'), logs: manager.logs.join('\n'), database: await wholeDatabase() };
  for (const [place, text] of Object.entries(places)) {
    for (const secret of [first, second, wrong, token, ann, manager.adminToken]) {
      for (const form of forms(secret)) expect(text.includes(form), `${place} holds ${form}`).toBe(false);
    }
  }
}, 60_000);
