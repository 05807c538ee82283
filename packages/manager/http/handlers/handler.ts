/** The shape of what answers one operation. The body has been checked against the contract when it gets here. */
import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import type { Context } from '../../app/context.ts';
import type { Reply } from '../exchange.ts';

export interface Input<Body = unknown> {
  query: Record<string, unknown>;
  body: Body;
}

export type Handler = (context: Context, input: Input) => Promise<Reply>;

/** Handlers of some operations. */
export type Handlers<Ids extends OperationId> = Record<Ids, Handler>;

/** A use-case that takes only what the path names. */
export function plain(useCase: (context: Context) => Promise<Reply>): Handler {
  return (context) => useCase(context);
}

/** A use-case that takes a body; its type is the contract's, whose schema the body has passed. */
export function withBody<Body>(useCase: (context: Context, body: Body) => Promise<Reply>): Handler {
  return (context, input) => useCase(context, input.body as Body);
}

/** A use-case that takes the query; its type is the contract's, whose schema the query has passed. */
export function withQuery<Query>(useCase: (context: Context, query: Query) => Promise<Reply>): Handler {
  return (context, input) => useCase(context, input.query as Query);
}
