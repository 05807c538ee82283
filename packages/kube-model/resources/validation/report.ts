/** How validation says what it finds, and the rules of names that many kinds share, in the API server's words. */
import type { FieldError } from '../../field-error.ts';
import { fields } from '../../schema/fields.ts';
import { labelKeyProblems, labelValueProblems } from '../../selectors/label-syntax.ts';

export { labelKeyProblems as qualifiedName };

export class Report {
  readonly errors: FieldError[] = [];
  /** Of the pod that is being looked at. */
  volumes: ReadonlySet<unknown> = new Set();
  /** Of the StatefulSet that is being looked at: each of its pods has a volume of that name. */
  claims: readonly unknown[] = [];

  required(field: string, detail = ''): void {
    this.errors.push({ kind: 'Required', field, detail });
  }
  invalid(field: string, value: unknown, detail: string): void {
    this.errors.push({ kind: 'Invalid', field, value, detail });
  }
  forbidden(field: string, detail: string): void {
    this.errors.push({ kind: 'Forbidden', field, detail });
  }
  duplicate(field: string, value: unknown): void {
    this.errors.push({ kind: 'Duplicate', field, value, detail: '' });
  }
  unsupported(field: string, value: unknown, supported: readonly unknown[]): void {
    const detail = `supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`;
    this.errors.push({ kind: 'NotSupported', field, value, detail });
  }
  /** Says each of what a rule finds wrong with a value. */
  by(rule: Rule, field: string, value: unknown): void {
    for (const detail of rule(String(value ?? ''))) this.invalid(field, value, detail);
  }
  duplicates(values: readonly unknown[], field: (at: number) => string): void {
    const seen = new Set<unknown>();
    for (const [at, value] of values.entries()) {
      if (value === undefined || value === '') continue;
      if (seen.has(value)) this.duplicate(field(at), value);
      seen.add(value);
    }
  }
  atLeast(least: number, field: string, value: unknown): void {
    if (typeof value !== 'number' || value >= least) return;
    this.invalid(field, value, least === 1 ? 'must be greater than 0' : `must be greater than or equal to ${least}`);
  }
  between(least: number, most: number, field: string, value: unknown): void {
    if (typeof value === 'number' && (value < least || value > most)) {
      this.invalid(field, value, `must be between ${least} and ${most}, inclusive`);
    }
  }
}

export type Rule = (value: string) => string[];

function shaped(pattern: string, most: number, detail: string): Rule {
  const shape = new RegExp(`^(?:${pattern})$`);
  return (value) => [
    ...(value.length > most ? [`must be no more than ${most} characters`] : []),
    ...(shape.test(value) ? [] : [detail.replace('%', `regex used for validation is '${pattern}'`)]),
  ];
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_WORDS = `must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', %)`;

export const dnsSubdomain = shaped(`${LABEL}(\\.${LABEL})*`, 253, `a lowercase RFC 1123 subdomain ${SUBDOMAIN_WORDS}`);
const plainLabel = shaped(
  LABEL,
  63,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', %)",
);
export const dns1035Label = shaped(
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  63,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', %)",
);
export const dnsLabel: Rule = (value) =>
  value.includes('.') && dnsSubdomain(value).length === 0 ? ['must not contain dots'] : plainLabel(value);
export const wildcardSubdomain = shaped(
  `\\*\\.${LABEL}(\\.${LABEL})*`,
  253,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', %)",
);
const configKeyShape = shaped(
  '[-._a-zA-Z0-9]+',
  253,
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', %)",
);
export const configKey: Rule = (value) =>
  value === '.'
    ? ["must not be '.'"]
    : value.startsWith('..')
      ? [value === '..' ? "must not be '..'" : "must not start with '..'"]
      : configKeyShape(value);
export const pathSegment: Rule = (value) =>
  value === '.' || value === '..'
    ? [`may not be '${value}'`]
    : ['/', '%'].filter((each) => value.includes(each)).map((each) => `may not contain '${each}'`);

/** Names of ports. */
export const portName: Rule = (value) => [
  ...(value.length > 15 ? ['must be no more than 15 characters'] : []),
  ...(/^[-a-z0-9]+$/.test(value) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(value) ? [] : ['must contain at least one letter (a-z)']),
];

/** Labels hold for selectors and templates too; most of them are fine and cost one look each. */
export function checkLabels(report: Report, field: string, labels: unknown): void {
  for (const [key, value] of Object.entries(fields(labels))) {
    report.by(labelKeyProblems, field, key);
    report.by(labelValueProblems, field, value);
  }
}
