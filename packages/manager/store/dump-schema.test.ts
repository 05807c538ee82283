import { readFileSync } from 'node:fs';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore, type Store } from './connect.ts';
import { dumpSchema, SCHEMA_FILE } from './dump-schema.ts';

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

it('schema.sql is what the migrations lead to (else run dump-schema.ts --write)', async () => {
  expect(await dumpSchema(store.pool)).toBe(readFileSync(SCHEMA_FILE, 'utf8'));
});
