/** What labels may look like, in the words of the API server. Source: `k8s.io/apimachinery/pkg/api/validate/content`. */
const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;

const ENDS = "must start and end with an alphanumeric character (e.g. 'My";
const NAME_RULE = `must consist of alphanumeric characters, '-', '_' or '.', and ${ENDS}Name',  or 'my.name',  or '123-abc', regex used for validation is '${NAME}')`;
const VALUE_RULE = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${ENDS}Value',  or 'my_value',  or '12345', regex used for validation is '(${NAME})?')`;
const PREFIX_RULE = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;

const nameForm = new RegExp(`^${NAME}$`);
const prefixForm = new RegExp(`^${SUBDOMAIN}$`);

const tooLong = (text: string, bytes: number): string[] =>
  Buffer.byteLength(text) > bytes ? [`must be no more than ${bytes} bytes`] : [];

/** What is wrong with a label key, or with another qualified name such as an annotation's; empty when nothing is. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split('/');
  const [name = '', prefix] = parts.toReversed();
  if (parts.length > 2) {
    return [`a valid label key ${NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const ofPrefix = prefix === undefined ? [] : prefix === '' ? ['must be non-empty'] : prefixProblems(prefix);
  const ofName = [
    ...(name === '' ? ['must be non-empty'] : tooLong(name, 63)),
    ...(nameForm.test(name) ? [] : [NAME_RULE]),
  ];
  return [...ofPrefix.map((problem) => `prefix part ${problem}`), ...ofName.map((problem) => `name part ${problem}`)];
}

const prefixProblems = (prefix: string): string[] => [
  ...tooLong(prefix, 253),
  ...(prefixForm.test(prefix) ? [] : [PREFIX_RULE]),
];

/** What is wrong with a label value; empty when nothing is. */
export function labelValueProblems(value: string): string[] {
  return [...tooLong(value, 63), ...(value === '' || nameForm.test(value) ? [] : [VALUE_RULE])];
}
