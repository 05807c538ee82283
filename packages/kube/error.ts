/**
 * The one error type that leaves this package for anything that goes wrong between us and an API server.
 * `reason` is closed and stable: callers switch on it; `message` is for people and says what to do.
 * No message, cause or status holds a credential (see `response-error.ts` and `transport-error.ts`).
 */

/** `meta/v1.Status`, the body of an error answer. Source: Kubernetes API conventions, "Response Status Kind". */
export interface Status {
  kind: 'Status';
  apiVersion?: string;
  status?: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    retryAfterSeconds?: number;
    causes?: { reason?: string; message?: string; field?: string }[];
  };
}

/**
 * - `BadRequest` the server did not understand us (400, 405, 406, 415)
 * - `Unauthorized` no or no valid credential (401) · `Forbidden` not allowed (403)
 * - `NotFound` the object, or the whole API, is not there, and it is an API server that says so (404)
 * - `AlreadyExists`, `Conflict` (409) · `Gone` a resource version or continue token has expired (410)
 * - `Invalid` refused by validation or admission (422) · `TooLarge` (413, or an answer beyond our limit)
 * - `TooManyRequests` (429) · `Timeout` ours or the server's (408, 504) · `ServerError` any other 5xx
 * - `Unreachable` no connection, or it broke · `Certificate` TLS verification failed
 * - `Protocol` something answers that does not speak the Kubernetes API
 */
export type KubeErrorReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'TooLarge'
  | 'TooManyRequests'
  | 'Timeout'
  | 'ServerError'
  | 'Unreachable'
  | 'Certificate'
  | 'Protocol';

export interface KubeErrorFields {
  /** HTTP status, when there was an answer. */
  code?: number;
  /** How long the server asks us to wait, in milliseconds. */
  retryAfterMs?: number;
  /** The server's Status, when the answer held one. */
  status?: Status;
  /** Code of the failure below HTTP, e.g. `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  transportCode?: string;
}

export class KubeError extends Error {
  readonly reason: KubeErrorReason;
  readonly code: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: Status | undefined;
  readonly transportCode: string | undefined;

  constructor(reason: KubeErrorReason, message: string, fields: KubeErrorFields = {}) {
    super(message);
    this.name = 'KubeError';
    this.reason = reason;
    this.code = fields.code;
    this.retryAfterMs = fields.retryAfterMs;
    this.status = fields.status;
    this.transportCode = fields.transportCode;
  }
}

/** True when `error` is a KubeError, and if `reasons` are given, one of these. */
export function isKubeError(error: unknown, ...reasons: KubeErrorReason[]): error is KubeError {
  return error instanceof KubeError && (reasons.length === 0 || reasons.includes(error.reason));
}

/**
 * True for failures that the same request may survive later without anybody changing anything:
 * the network, an overloaded or restarting server, an optimistic-lock conflict.
 */
export function isTransient(error: unknown): boolean {
  return isKubeError(error, 'Unreachable', 'Timeout', 'ServerError', 'TooManyRequests', 'Conflict', 'Gone');
}
