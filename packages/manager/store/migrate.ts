/**
 * Brings a database to the schema of `migrations/`: numbered SQL files, each applied once, in order, in a transaction.
 *
 * An advisory lock lets only one Manager of several migrate at a time; the others wait and then find nothing to do. The
 * checksum of each applied file is kept: a file that has changed since, or is gone, means that the code and the database
 * tell different stories, and the Manager refuses to start rather than guess.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';

export interface Migration {
  name: string;
  sql: string;
}

export type MigrationErrorCode = 'changed' | 'missing' | 'failed';

/** Why a database could not be migrated; the message says what to do. */
export class MigrationError extends Error {
  readonly code: MigrationErrorCode;
  readonly migration: string;

  constructor(code: MigrationErrorCode, migration: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'MigrationError';
    this.code = code;
    this.migration = migration;
  }
}

/** A constant of our own for `pg_advisory_lock`; any number will do as long as nobody else takes it. */
const LOCK = 0x6b6e_0001;

/** The migrations of this version, in order. */
export function readMigrations(folder: string = join(import.meta.dirname, 'migrations')): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ name, sql: readFileSync(join(folder, name), 'utf8') }));
}

export function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex');
}

/**
 * Applies what has not been applied.
 *
 * @returns the names of the files that were applied now
 * @throws MigrationError when an applied file has changed or is gone, or when one fails (nothing of it then stays)
 */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[] = readMigrations()): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const pending = await pendingMigrations(client, migrations);
    for (const migration of pending) await apply(client, migration);
    return pending.map((migration) => migration.name);
  } finally {
    // The lock belongs to the session, so it must not go back into the pool with it.
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    client.release();
  }
}

async function pendingMigrations(client: pg.PoolClient, migrations: readonly Migration[]): Promise<Migration[]> {
  const applied = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations ORDER BY name',
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of applied.rows) {
    const migration = known.get(row.name);
    if (migration === undefined) {
      throw new MigrationError(
        'missing',
        row.name,
        `The database has migration ${row.name}, which this version does not know. Run the version that applied it, or a newer one.`,
      );
    }
    if (checksum(migration) !== row.checksum) {
      throw new MigrationError(
        'changed',
        row.name,
        `Migration ${row.name} has changed since it was applied. Restore the file and put the change into a new migration.`,
      );
    }
  }
  const done = new Set(applied.rows.map((row) => row.name));
  return migrations.filter((migration) => !done.has(migration.name));
}

async function apply(client: pg.PoolClient, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
      migration.name,
      checksum(migration),
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError('failed', migration.name, `Migration ${migration.name} failed: ${reason}`, error);
  }
}
