/**
 * The one way into Postgres: a pool with bounded waits, and Kysely on top of it.
 *
 * Every statement is counted, `begin` and `commit` too, so that a test can hold a request to its number of round trips.
 */
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';

/** Where a query may run: on the pool, or in a transaction that the caller has opened. */
export type Queryable = Kysely<Database> | Transaction<Database>;

export interface Store {
  readonly db: Kysely<Database>;
  readonly pool: pg.Pool;
  /** How many statements have been sent since the start. */
  statements(): number;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** A `postgres://` URL. */
  url: string;
  /** Connections at most; 10 where nothing is said. */
  maxConnections?: number;
  /** What to do with an error of an idle connection (the database went away); by default nothing, the next query tells. */
  onIdleError?: (error: Error) => void;
}

const INT8 = 20;

/** Opens a pool. Connects lazily: a database that is away shows at the first query, within three seconds. */
export function openStore(options: StoreOptions): Store {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'kubenova-manager',
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 30_000,
    types: { getTypeParser },
  });
  pool.on('error', (error) => {
    // A pool that ends does not wait for its connections to be closed, so the server may be quicker.
    if (!pool.ending) options.onIdleError?.(error);
  });
  let statements = 0;
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    log: () => {
      statements += 1;
    },
  });
  return {
    db,
    pool,
    statements: () => statements,
    async close() {
      await db.destroy();
      // Kysely leaves alone a pool that it has not used.
      if (!pool.ending) await pool.end();
    },
  };
}

/** bigint comes as a number: our counters stay far below 2^53. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === INT8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}
