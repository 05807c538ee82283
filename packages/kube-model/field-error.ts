/**
 * What validation finds wrong, field by field, in the words of the API server.
 * Source: `k8s.io/apimachinery/pkg/util/validation/field`.
 */
const WORDS = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  TypeInvalid: 'Invalid value',
  Duplicate: 'Duplicate value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  NotFound: 'Not found',
  TooLong: 'Too long',
  TooMany: 'Too many',
} as const;
export type FieldErrorKind = keyof typeof WORDS;

export interface FieldError {
  readonly kind: FieldErrorKind;
  /** As in `spec.containers[0].name`. */
  readonly field: string;
  readonly detail: string;
  /** What was found there; left out for kinds that do not show it (`Required`, `Forbidden`, `TooLong`). */
  readonly value?: unknown;
}

const SHOWN: ReadonlySet<FieldErrorKind> = new Set(['Invalid', 'TypeInvalid', 'Duplicate', 'NotSupported', 'NotFound']);

/** `Invalid value: "x": must be …`, without the field; without the value where there is none (`value` is not even undefined). */
export function fieldErrorBody(error: FieldError): string {
  const { kind, detail, value } = error;
  const words = WORDS[kind];
  const shown = SHOWN.has(kind) && 'value' in error ? `${words}: ${showValue(value)}` : words;
  return detail === '' ? shown : `${shown}: ${detail}`;
}

/** `spec.x: Invalid value: "x": must be …`. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

export function causeOf(error: FieldError): { reason: string; message: string; field: string } {
  return { reason: `FieldValue${error.kind}`, message: fieldErrorBody(error), field: error.field };
}

/** Values as Go prints them in such messages: strings quoted, structures as JSON, which Go escapes for HTML. */
function showValue(value: unknown): string {
  if (value === undefined) return 'null';
  const json = JSON.stringify(value);
  return typeof value === 'string'
    ? json.replaceAll(/(?<!\\)\\u00([01]\w)/g, '\\x$1')
    : json.replaceAll(/[<>&]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`);
}
