/**
 * Every refusal of the simulated API server is an ApiError that holds the `Status` the real one answers with.
 * Source: `k8s.io/apimachinery/pkg/api/errors`; Kubernetes API conventions, "Response Status Kind".
 */
import { causeOf, type FieldError, fieldErrorText } from './field-error.ts';

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'ApiError';
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason !== '' && { reason }),
      ...(details && { details }),
      code,
    };
  }
}

/** The group and the plural (or, for `invalid`, the kind) that an error speaks of. */
export interface Named {
  readonly group: string;
  readonly plural: string;
}

type Kind = { readonly group: string; readonly kind: string };

/** `deployments.apps`, or `pods` in the core group. */
export function qualified({ group, plural }: Named): string {
  return group === '' ? plural : `${plural}.${group}`;
}

const detailsOf = ({ group, plural }: Named, name?: string): StatusDetails => ({
  ...(name !== undefined && name !== '' && { name }),
  ...(group !== '' && { group }),
  kind: plural,
});

export const isApiError = (error: unknown, reason?: string): error is ApiError =>
  error instanceof ApiError && (reason === undefined || error.status.reason === reason);

export function notFound(type: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(type)} "${name}" not found`, detailsOf(type, name));
}

/** @param deleting whether the object that is there is on its way out */
export function alreadyExists(type: Named, name: string, deleting = false): ApiError {
  const told = `${deleting ? 'object is being deleted: ' : ''}${qualified(type)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', told, detailsOf(type, name));
}

/** A lost race on `resourceVersion`, a failed precondition, or a field that another manager owns. */
export function conflict(type: Named, name: string, why: string, causes?: StatusDetails['causes']): ApiError {
  return new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${why}`, {
    ...detailsOf(type, name),
    ...(causes && { causes }),
  });
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/** @param type names the *kind*, as in `Deployment.apps "web" is invalid: …` */
export function invalid(type: Kind, name: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map(fieldErrorText);
  const [only = ''] = texts;
  const told = texts.length === 1 ? only : `[${texts.join(', ')}]`;
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  return new ApiError(422, 'Invalid', `${kind} "${name}" is invalid: ${told}`, {
    ...(name !== '' && { name }),
    ...(type.group !== '' && { group: type.group }),
    ...(type.kind !== '' && { kind: type.kind }),
    causes: errors.map(causeOf),
  });
}

/** `invalid` for one value. */
export const invalidValue = (type: Kind, name: string, field: string, value: unknown, detail: string): ApiError =>
  invalid(type, name, [{ kind: 'Invalid', field, value, detail }]);

/** Refused by RBAC or by an admission plugin: `pods "x" is forbidden: …`. */
export function forbidden(type: Named, name: string, why: string, causes?: StatusDetails['causes']): ApiError {
  const what = name === '' ? qualified(type) : `${qualified(type)} "${name}"`;
  return new ApiError(403, 'Forbidden', `${what} is forbidden: ${why}`, {
    ...detailsOf(type, name),
    ...(causes && { causes }),
  });
}

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');
export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);
export const gone = (message: string): ApiError => new ApiError(410, 'Expired', message);
export const unknownPath = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
