/**
 * What label keys and values may look like, in the words of the API server.
 * Source: `k8s.io/apimachinery/pkg/api/validate/content`.
 */
const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;

const nameForm = new RegExp(`^${NAME}$`);
const valueForm = new RegExp(`^(${NAME})?$`);
const subdomainForm = new RegExp(`^${SUBDOMAIN}$`);

const ALPHANUMERIC =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const NAME_FORM = `${ALPHANUMERIC} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${NAME}')`;
const VALUE_FORM = `a valid label must be an empty string or ${ALPHANUMERIC.slice('must '.length)} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${NAME})?')`;
const SUBDOMAIN_FORM = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;

/** What is wrong with a label key (or another qualified name, such as an annotation's or a finalizer's); empty when nothing is. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [`a valid label key ${NAME_FORM} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? '';
  const problems = parts.length === 2 ? prefixProblems(parts[0] ?? '') : [];
  if (name === '') problems.push('name part must be non-empty');
  else if (byteLength(name) > 63) problems.push('name part must be no more than 63 bytes');
  if (!nameForm.test(name)) problems.push(`name part ${NAME_FORM}`);
  return problems;
}

function prefixProblems(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  const problems: string[] = [];
  if (byteLength(prefix) > 253) problems.push('prefix part must be no more than 253 bytes');
  if (!subdomainForm.test(prefix)) problems.push(`prefix part ${SUBDOMAIN_FORM}`);
  return problems;
}

/** What is wrong with a label value; empty when nothing is. */
export function labelValueProblems(value: string): string[] {
  const problems: string[] = [];
  if (byteLength(value) > 63) problems.push('must be no more than 63 bytes');
  if (!valueForm.test(value)) problems.push(VALUE_FORM);
  return problems;
}

const byteLength = (text: string): number => Buffer.byteLength(text);
