/**
 * What an error of the driver means, as far as a use-case cares: which constraint a write ran into, or that the database
 * is away. Codes are those of PostgreSQL's appendix A.
 */
import pg from 'pg';

/** The unique constraint that a write violated (23505), by name; undefined for any other error. */
export function violatedUnique(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined;
}

/** Whether a row could not go because another still refers to it (23503, 23001). */
export function isStillReferenced(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '23503' || error.code === '23001');
}

/** Whether two transactions got in each other's way (40001, 40P01); the whole transaction can be tried again. */
export function isRetryable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01');
}

const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Whether the database is away, shutting down, starting up or out of connections: it may be back in a moment. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (AWAY.has(code)) return true;
  if (error instanceof pg.DatabaseError) {
    return code.startsWith('08') || code.startsWith('57P') || code === '53300' || code === '57014';
  }
  // The pool and the client have no codes for these.
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    error.message,
  );
}
