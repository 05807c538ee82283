/** Operations of the contract whose use-cases are being written; each leaves this file as it comes into being. */
import { ApiError } from '@kubenova/knapi/errors.ts';
import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import type { Handler, Handlers } from './handler.ts';

const ids = [] as const satisfies readonly OperationId[];

const pending: Handler = async (context) => {
  throw new ApiError('KN-503', `${context.call.operation} is not there yet.`);
};

export const pendingHandlers = Object.fromEntries(ids.map((id) => [id, pending])) as Handlers<(typeof ids)[number]>;
