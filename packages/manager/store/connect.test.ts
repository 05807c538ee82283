import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore, PREPARED, type Store } from './connect.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url, maxConnections: 1 });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

it('prepares what is marked, once a connection, and answers by the parameters of each call', async () => {
  const double = async (number: number) =>
    (await sql<{ is: number }>`${PREPARED}select 2 * ${number}::integer as is`.execute(store.db)).rows[0]?.is;
  for (const number of [1, 2, 3, 4, 5, 6, 7]) expect(await double(number)).toBe(2 * number);
  await sql`select 3 * ${1}::integer`.execute(store.db);
  const { rows } = await store.pool.query('SELECT statement FROM pg_prepared_statements');
  expect(rows).toEqual([{ statement: '/* prepared */ select 2 * $1::integer as is' }]);
});

it('counts every statement, prepared or not', async () => {
  const before = store.statements();
  await sql`${PREPARED}select 1`.execute(store.db);
  await store.db.transaction().execute((trx) => sql`select 1`.execute(trx));
  expect(store.statements() - before).toBe(4);
});
