/** The audit of writes that were refused or failed: after the fact, since their transaction is gone. */
import type { ApiError } from '@kubenova/knapi/errors.ts';
import { insertAudit } from '../store/audit.ts';
import type { Queryable } from '../store/connect.ts';
import type { Exchange } from './exchange.ts';

/** POSTs that change nothing. */
const READS = new Set(['validateApp']);

/**
 * Records a refusal. Nothing is recorded of callers that nobody knows (the log has them): whoever has no token must not be
 * able to fill the database.
 *
 * A refusal bears the tenant only when the caller may see that tenant, or its owner would read there who tries what.
 */
export async function recordRefusal(
  db: Queryable,
  exchange: Exchange,
  error: ApiError,
  sourceIp: string,
): Promise<void> {
  const { operation, caller, target, parameters } = exchange;
  if (caller === undefined || operation.method === 'GET' || READS.has(operation.operationId)) return;
  const object = Object.entries(parameters).map(([kind, name]) => `${kind}:${name}`);
  await insertAudit(db, {
    actor: caller.subject,
    operation: operation.operationId,
    outcome: error.status === 403 ? 'denied' : 'failed',
    status: error.status,
    sourceIp,
    object: object.join('/').slice(0, 500),
    tenantId: target?.scope.tenantId ?? null,
  });
}
