/**
 * Turns an HTTP answer that is not a success into a KubeError.
 *
 * Between us and an API server stand proxies, load balancers and ingress controllers, and each of them has error pages of its own.
 * It matters to tell them apart: "404" from a misrouted ingress must not be taken for "the object is gone", or a controller would
 * believe that a deletion has finished. So a 404 counts as `NotFound` only when it carries a Status, or the audit header that
 * kube-apiserver sets on every answer (its 404 for an API group that is not installed is plain text).
 */
import { KubeError, type KubeErrorReason, type Status } from './error.ts';

export interface ErrorAnswer {
  /** For the message: `GET /api/v1/…`, without a query. */
  operation: string;
  code: number;
  header(name: string): string | undefined;
  body: string;
  /** The server's text may quote values of a Secret: keep only reason and field names. */
  confidential?: boolean;
  now?: number;
}

const MESSAGE_LIMIT = 2000;

export function errorFromAnswer(answer: ErrorAnswer): KubeError {
  const status = parseStatus(answer.body);
  const fields = {
    code: answer.code,
    status: status === undefined ? undefined : answer.confidential === true ? withoutText(status) : status,
    retryAfterMs: retryAfter(answer, status),
  };
  const reason = reasonOf(answer, status);
  return new KubeError(
    reason,
    `${answer.operation}: ${describe(answer, reason, status)}`.slice(0, MESSAGE_LIMIT),
    fields,
  );
}

/** Reads a Status out of a body, or undefined when the body is anything else. */
export function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Status') {
      return value as Status;
    }
  } catch {
    // Not JSON: a proxy's page or the server's plain text, described by the caller.
  }
  return undefined;
}

/** The reason for a code, refined by the Status; also used for ERROR events of a watch. */
export function reasonForCode(code: number, status: Status | undefined): KubeErrorReason {
  switch (code) {
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 408:
    case 504:
      return 'Timeout';
    case 409:
      return status?.reason === 'AlreadyExists' ? 'AlreadyExists' : 'Conflict';
    case 410:
      return 'Gone';
    case 413:
      return 'TooLarge';
    case 422:
      return 'Invalid';
    case 429:
      return 'TooManyRequests';
    default:
      if (code >= 500) {
        return 'ServerError';
      }
      return code >= 400 ? 'BadRequest' : 'Protocol';
  }
}

function reasonOf(answer: ErrorAnswer, status: Status | undefined): KubeErrorReason {
  if (answer.code === 404 && status === undefined && answer.header('audit-id') === undefined) {
    return 'Protocol';
  }
  return reasonForCode(answer.code, status);
}

function describe(answer: ErrorAnswer, reason: KubeErrorReason, status: Status | undefined): string {
  if (status !== undefined) {
    if (answer.confidential === true && (answer.code === 400 || answer.code === 422)) {
      return `the server refused it as ${status.reason ?? reason}; its text is withheld because it can quote secret values`;
    }
    return status.message ?? status.reason ?? `the server answered ${answer.code}`;
  }
  if (reason === 'NotFound') {
    return 'the server does not serve this API; is the component that brings it installed?';
  }
  const type = answer.header('content-type')?.split(';')[0] ?? 'no content type';
  return (
    `answered ${answer.code} with ${type} that is not a Kubernetes Status; a proxy or load balancer in between may have answered: ` +
    'check that the server address points at a Kubernetes API server'
  );
}

function withoutText(status: Status): Status {
  const causes = status.details?.causes?.map(({ reason, field }) => ({ reason, field }));
  return { ...status, message: undefined, details: status.details && { ...status.details, causes } };
}

/** `Retry-After` (RFC 9110 §10.2.3: seconds or a date), else the Status' own field. Milliseconds, never negative. */
function retryAfter(answer: ErrorAnswer, status: Status | undefined): number | undefined {
  const header = answer.header('retry-after')?.trim();
  if (header !== undefined && header !== '') {
    if (/^\d+$/.test(header)) {
      return Number(header) * 1000;
    }
    const date = Date.parse(header);
    if (!Number.isNaN(date)) {
      return Math.max(0, date - (answer.now ?? Date.now()));
    }
  }
  const seconds = status?.details?.retryAfterSeconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}
