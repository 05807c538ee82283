/**
 * Label selectors, as text in a query (`tier in (web,api),!legacy`) and as objects in a spec, compiled to predicates.
 * Source: `k8s.io/apimachinery/pkg/labels`, whose grammar and texts these are.
 */
import { badRequest } from '../api-error.ts';
import { fieldErrorText } from '../field-error.ts';
import { labelKeyProblems, labelValueProblems } from './label-syntax.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelPredicate = (labels: Labels | undefined) => boolean;

/** `meta/v1.LabelSelector`, also with operators that validation refuses. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

type Operator = 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

const OPERATORS: Readonly<Record<string, Operator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };
const SYMBOLS: Readonly<Record<string, Operator>> = {
  in: 'in',
  notin: 'notin',
  '=': 'in',
  '==': 'in',
  '!=': 'notin',
  '>': 'gt',
  '<': 'lt',
};
const INTEGER = /^[-+]?\d{1,18}$/;

/**
 * The predicate of a selector in a spec: absent selects nothing, empty selects everything. What validation would have
 * refused (an unknown operator) selects nothing.
 */
export function labelSelectorPredicate(selector: LabelSelector | undefined): LabelPredicate {
  if (!selector) return () => false;
  const predicates = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => predicate(key, 'in', [value]));
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const known = OPERATORS[operator];
    predicates.push(known ? predicate(key, known, values) : () => false);
  }
  return allOf(predicates);
}

const allOf = (predicates: readonly LabelPredicate[]): LabelPredicate =>
  predicates.length === 1 && predicates[0] ? predicates[0] : (labels) => predicates.every((matches) => matches(labels));

function predicate(key: string, operator: Operator, values: readonly string[]): LabelPredicate {
  const of = (labels: Labels | undefined) => (labels && Object.hasOwn(labels, key) ? labels[key] : undefined);
  const listed = new Set<string | undefined>(values);
  const [first] = values;
  switch (operator) {
    case 'exists':
      return (labels) => of(labels) !== undefined;
    case '!':
      return (labels) => of(labels) === undefined;
    case 'in':
      return values.length === 1 ? (labels) => of(labels) === first : (labels) => listed.has(of(labels));
    case 'notin':
      return (labels) => !listed.has(of(labels));
    default: {
      const sign = operator === 'gt' ? 1 : -1;
      return (labels) => INTEGER.test(of(labels) ?? '') && sign * (Number(of(labels)) - Number(first)) > 0;
    }
  }
}

/** `a=b,c=d` in the order of the keys, as tables show labels. */
export function formatLabels(labels: Labels | undefined): string {
  return formatLabelSelector({ matchLabels: labels ?? {} });
}

/** A selector in the grammar of a query; one that selects nothing or everything is `<none>`. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const listed = `${key} ${OPERATORS[operator]} (${values.toSorted().join(',')})`;
    parts.push({ key, text: operator === 'Exists' ? key : operator === 'DoesNotExist' ? `!${key}` : listed });
  }
  parts.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return parts.map(({ text }) => text).join(',') || '<none>';
}

class SelectorError extends Error {}

const unexpected = (found: string, expected: string) => new SelectorError(`found '${found}', expected: ${expected}`);

/**
 * The selector of a query such as `?labelSelector=`; the empty one selects everything.
 * @throws ApiError 400 with the API server's text
 */
export function parseLabelSelector(text: string): LabelPredicate {
  try {
    return allOf(parse([...text.matchAll(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g)].map(([token]) => token)));
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

const isWord = (token: string): boolean => token !== '' && !/^[=!(),<>]/.test(token);

/** Takes tokens from left to right; '' is the end. `in` and `notin` are plain words where a word is due. */
function parse(tokens: string[]): LabelPredicate[] {
  const next = () => tokens[0] ?? '';
  const take = () => tokens.shift() ?? '';
  const starts = () => isWord(next()) || next() === '!';
  const found: LabelPredicate[] = [];
  if (next() === '') return found;
  if (!starts()) throw unexpected(next(), "!, identifier, or 'end of string'");
  for (;;) {
    try {
      found.push(requirement(next, take));
    } catch (error) {
      throw error instanceof SelectorError ? new SelectorError(`unable to parse requirement: ${error.message}`) : error;
    }
    const separator = take();
    if (separator === '') return found;
    if (separator !== ',') throw unexpected(separator, "',' or 'end of string'");
    if (!starts()) throw unexpected(next(), "identifier after ','");
  }
}

function requirement(next: () => string, take: () => string): LabelPredicate {
  const absent = next() === '!';
  if (absent) take();
  const key = take();
  if (!isWord(key)) throw unexpected(key, 'identifier');
  check([['<nil>', key, labelKeyProblems(key)]]);
  if (absent || next() === '' || next() === ',') return predicate(key, absent ? '!' : 'exists', []);
  const symbol = take();
  const operator = SYMBOLS[symbol];
  if (!operator) throw unexpected(symbol, 'in, notin, =, ==, !=, gt, lt');
  const values = symbol === 'in' || symbol === 'notin' ? list(next, take) : [value(next, take)];
  const [first = ''] = values;
  const number = operator !== 'gt' && operator !== 'lt' ? true : INTEGER.test(first);
  check([
    ['values[0]', first, number ? [] : ["for 'Gt', 'Lt' operators, the value must be an integer"]],
    ...values.map((item, index) => [`values[${index}][${key}]`, item, labelValueProblems(item)] as const),
  ]);
  return predicate(key, operator, values);
}

function value(next: () => string, take: () => string): string {
  if (next() === '' || next() === ',') return '';
  const word = take();
  if (!isWord(word)) throw unexpected(word, 'identifier');
  return word;
}

/** Sorted, without repetition; an omitted item is the empty value. */
function list(next: () => string, take: () => string): string[] {
  const open = take();
  if (open !== '(') throw new SelectorError(`found '${open}' expected: '('`);
  let expected = "',', ')' or identifier";
  const values = new Set<string>();
  do {
    const word = isWord(next());
    if (!word && next() !== ',' && next() !== ')') throw unexpected(next(), expected);
    values.add(word ? take() : '');
    if (next() !== ',' && next() !== ')') throw unexpected(next(), "',' or ')'");
    expected = "',', or identifier";
  } while (take() === ',');
  return [...values].sort();
}

/** All that is wrong in one message; a list in brackets when it is more than one thing. */
function check(found: readonly (readonly [field: string, value: string, problems: readonly string[]])[]): void {
  const texts = found
    .filter(([, , problems]) => problems.length > 0)
    .map(([field, value, problems]) => fieldErrorText({ kind: 'Invalid', field, value, detail: problems.join('; ') }));
  if (texts.length > 0) throw new SelectorError(texts.length === 1 ? texts.join() : `[${texts.join(', ')}]`);
}
