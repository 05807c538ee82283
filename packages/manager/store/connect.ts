/**
 * The one way into Postgres: a pool with bounded waits, and Kysely on top of it.
 *
 * Every statement is counted, `begin` and `commit` too, so that a test can hold a request to its number of round trips.
 */
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
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
const PREPARED_TEXT = '/* prepared */ ';

/**
 * Put at the head of a statement that every call sends: it is planned once a connection and not once a call, which for a
 * statement of many joins takes longer than running it. Its text must be one of a few; what differs are its parameters.
 * Postgres plans it anew by itself when the statistics of its tables have changed.
 */
export const PREPARED = sql.raw(PREPARED_TEXT);

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
  const names = new Map<string, string>();
  pool.on('connect', (client) => prepareMarked(client, names));
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

/** Has a connection prepare the marked statements, by names that all connections share. */
function prepareMarked(client: pg.PoolClient, names: Map<string, string>): void {
  const query = client.query.bind(client) as (...request: unknown[]) => unknown;
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `kubenova-${names.size}`;
    names.set(text, name);
    return name;
  };
  const prepared = (...request: unknown[]) => {
    const [text, values] = request;
    if (typeof text !== 'string' || !text.startsWith(PREPARED_TEXT)) return query(...request);
    return query({ name: nameOf(text), text, values });
  };
  client.query = prepared as typeof client.query;
}

/** bigint comes as a number: our counters stay far below 2^53. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === INT8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}
