/**
 * What validation finds wrong, field by field, in the words of the API server.
 * Source: `k8s.io/apimachinery/pkg/util/validation/field`.
 */
export type FieldErrorKind =
  | 'Required'
  | 'Invalid'
  | 'TypeInvalid'
  | 'Duplicate'
  | 'NotSupported'
  | 'Forbidden'
  | 'NotFound'
  | 'TooLong'
  | 'TooMany';

export interface FieldError {
  readonly kind: FieldErrorKind;
  /** As in `spec.containers[0].name`. */
  readonly field: string;
  readonly detail: string;
  /** What was found there; left out for kinds that do not show it (`Required`, `Forbidden`, `TooLong`). */
  readonly value?: unknown;
}

const REASONS: Readonly<Record<FieldErrorKind, { reason: string; words: string }>> = {
  Required: { reason: 'FieldValueRequired', words: 'Required value' },
  Invalid: { reason: 'FieldValueInvalid', words: 'Invalid value' },
  TypeInvalid: { reason: 'FieldValueTypeInvalid', words: 'Invalid value' },
  Duplicate: { reason: 'FieldValueDuplicate', words: 'Duplicate value' },
  NotSupported: { reason: 'FieldValueNotSupported', words: 'Unsupported value' },
  Forbidden: { reason: 'FieldValueForbidden', words: 'Forbidden' },
  NotFound: { reason: 'FieldValueNotFound', words: 'Not found' },
  TooLong: { reason: 'FieldValueTooLong', words: 'Too long' },
  TooMany: { reason: 'FieldValueTooMany', words: 'Too many' },
};

const SHOWN: ReadonlySet<FieldErrorKind> = new Set(['Invalid', 'TypeInvalid', 'Duplicate', 'NotSupported', 'NotFound']);

/** `Invalid value: "x": must be …`, without the field; without the value where there is none (`value` is not even undefined). */
export function fieldErrorBody(error: FieldError): string {
  const { kind, detail, value } = error;
  const { words } = REASONS[kind];
  const shown = SHOWN.has(kind) && 'value' in error ? `${words}: ${showValue(value)}` : words;
  return detail === '' ? shown : `${shown}: ${detail}`;
}

/** `spec.x: Invalid value: "x": must be …`. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

export function causeOf(error: FieldError): { reason: string; message: string; field: string } {
  return { reason: REASONS[error.kind].reason, message: fieldErrorBody(error), field: error.field };
}

/** Values as Go prints them in such messages: strings quoted, structures as JSON, which Go escapes for HTML. */
function showValue(value: unknown): string {
  if (value === undefined) return 'null';
  const json = JSON.stringify(value);
  return typeof value === 'string'
    ? json.replaceAll(/(?<!\\)\\u00([01]\w)/g, '\\x$1')
    : json.replaceAll(/[<>&]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`);
}
