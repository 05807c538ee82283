/** What the edge knows of a request while it is being answered. */
import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import type { Operation } from '@kubenova/knapi/operation.ts';
import type { Outcome } from '../app/context.ts';
import type { Target } from '../app/target.ts';
import type { Caller } from '../identity/caller.ts';

export interface Exchange {
  operation: Operation & { operationId: OperationId };
  /** Values of the path's parameters, decoded, without the verb. */
  parameters: Record<string, string>;
  startedAt: bigint;
  /** Set once the bearer token is known to stand for somebody. */
  caller?: Caller;
  /** Set once everything that the path names is known to be visible to the caller. */
  target?: Target;
}

/** An outcome, or a text of another kind than JSON. */
export type Reply = Outcome<unknown> & { contentType?: string };

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent where no operation of the contract matched. */
    exchange: Exchange | undefined;
  }
}
