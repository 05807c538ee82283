/** A canary goes in as a kubeconfig's credential, and is then searched for everywhere. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterContext } from '../identity/sealing.ts';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { CANARY, clusterBody, kubeconfigBase64, makeToken } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
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

it('is found nowhere: not in answers, logs, metrics, audit or any table', async () => {
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
