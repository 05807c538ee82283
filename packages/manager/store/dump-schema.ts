/**
 * Prints the schema that the migrations lead to, read from the database's catalog, in one fixed order. It is kept as
 * `schema.sql`, so that a reviewer sees the whole and not only the steps; a test fails when it is stale.
 *
 *     node packages/manager/store/dump-schema.ts            prints it
 *     node packages/manager/store/dump-schema.ts --write    writes schema.sql
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { startPostgres } from '../postgres.ts';
import { openStore } from './connect.ts';
import { migrate } from './migrate.ts';

export const SCHEMA_FILE = join(import.meta.dirname, 'schema.sql');

const HEADER = `-- The schema that migrations/ leads to. Printed by \`node packages/manager/store/dump-schema.ts --write\`; do not edit.\n`;

/** The text of schema.sql for a migrated database. */
export async function dumpSchema(pool: pg.Pool): Promise<string> {
  const statements = [
    ...(await lines(pool, FUNCTIONS)),
    ...(await tables(pool)),
    ...(await lines(pool, INDEXES)),
    ...(await lines(pool, FOREIGN_KEYS)),
    ...(await lines(pool, TRIGGERS)),
  ];
  return `${HEADER}\n${statements.join('\n\n')}\n`;
}

const OURS = `n.nspname = 'public' AND c.relname <> 'schema_migrations'`;

const FUNCTIONS = `
  SELECT rtrim(pg_get_functiondef(p.oid)) || ';' AS text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = 'public' ORDER BY p.proname, pg_get_function_identity_arguments(p.oid)`;

/** Indexes that no constraint has made. */
const INDEXES = `
  SELECT pg_get_indexdef(i.indexrelid) || ';' AS text
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class x ON x.oid = i.indexrelid
  WHERE ${OURS} AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
  ORDER BY c.relname, x.relname`;

const FOREIGN_KEYS = `
  SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s;', c.relname, k.conname, pg_get_constraintdef(k.oid)) AS text
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OURS} AND k.contype = 'f' ORDER BY c.relname, k.conname`;

const TRIGGERS = `
  SELECT pg_get_triggerdef(t.oid) || ';' AS text
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OURS} AND NOT t.tgisinternal ORDER BY c.relname, t.tgname`;

const COLUMNS = `
  SELECT c.relname AS "table", format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN d.adbin IS NULL THEN '' ELSE ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END,
    CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END) AS text
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE ${OURS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`;

const CONSTRAINTS = `
  SELECT c.relname AS "table", format('  CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)) AS text
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OURS} AND k.contype IN ('p', 'u', 'c') ORDER BY c.relname, k.contype = 'c', k.contype, k.conname`;

async function lines(pool: pg.Pool, query: string): Promise<string[]> {
  return (await pool.query<{ text: string }>(query)).rows.map((row) => row.text);
}

async function tables(pool: pg.Pool): Promise<string[]> {
  const rows: { table: string; text: string }[] = [
    ...(await pool.query<{ table: string; text: string }>(COLUMNS)).rows,
    ...(await pool.query<{ table: string; text: string }>(CONSTRAINTS)).rows,
  ];
  const byTable = Map.groupBy(rows, (row) => row.table);
  return [...byTable].map(
    ([table, parts]) => `CREATE TABLE ${table} (\n${parts.map((part) => part.text).join(',\n')}\n);`,
  );
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kubenova-schema-'));
  chmodSync(folder, 0o711);
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), settings: { fsync: 'off' } });
  const store = openStore({ url: postgres.url });
  try {
    await migrate(store.pool);
    const text = await dumpSchema(store.pool);
    if (process.argv.includes('--write')) writeFileSync(SCHEMA_FILE, text);
    else process.stdout.write(text);
  } finally {
    await store.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main();
