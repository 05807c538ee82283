import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from './connect.ts';
import { type Migration, MigrationError, migrate, readMigrations } from './migrate.ts';

const open: { store: Store; database: TestDatabase }[] = [];

async function emptyStore(): Promise<Store> {
  const database = await createTestDatabase({ empty: true });
  const store = openStore({ url: database.url, maxConnections: 4 });
  open.push({ store, database });
  return store;
}

afterEach(async () => {
  for (const { store, database } of open.splice(0)) {
    await store.close();
    await database.drop();
  }
});

const first: Migration = { name: '0001_first.sql', sql: 'CREATE TABLE one (id integer)' };
const second: Migration = { name: '0002_second.sql', sql: 'CREATE TABLE two (id integer)' };

describe('migrate', () => {
  it('applies what is missing, in order, and then nothing', async () => {
    const store = await emptyStore();
    const names = readMigrations().map((migration) => migration.name);
    expect(names[0]).toBe('0001_init.sql');
    expect(await migrate(store.pool)).toEqual(names);
    expect(await migrate(store.pool)).toEqual([]);
  });

  it('lets only one of several Managers migrate', async () => {
    const store = await emptyStore();
    const results = await Promise.all([1, 2, 3].map(() => migrate(store.pool, [first, second])));
    expect(results.flat()).toEqual([first.name, second.name]);
  });

  it('refuses a file that has changed since it was applied', async () => {
    const store = await emptyStore();
    await migrate(store.pool, [first]);
    const changed = { ...first, sql: `${first.sql}; SELECT 1` };
    await expect(migrate(store.pool, [changed])).rejects.toMatchObject({ code: 'changed', migration: first.name });
  });

  it('refuses a database that a newer version has migrated', async () => {
    const store = await emptyStore();
    await migrate(store.pool, [first, second]);
    await expect(migrate(store.pool, [first])).rejects.toMatchObject({ code: 'missing', migration: second.name });
  });

  it('leaves nothing of a file that fails, and can be repeated', async () => {
    const store = await emptyStore();
    const broken = { ...second, sql: 'CREATE TABLE half (id integer); SELECT nonsense' };
    await expect(migrate(store.pool, [first, broken])).rejects.toBeInstanceOf(MigrationError);
    const tables = await store.pool.query("SELECT tablename FROM pg_tables WHERE tablename IN ('one', 'half')");
    expect(tables.rows).toEqual([{ tablename: 'one' }]);
    expect(await migrate(store.pool, [first, second])).toEqual([second.name]);
  });
});
