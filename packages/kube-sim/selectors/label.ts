/**
 * Label selectors, as text in a query (`tier in (web,api),!legacy`) and as objects in a spec, compiled to predicates.
 * Source: `k8s.io/apimachinery/pkg/labels`, whose grammar and texts these are.
 */
import { badRequest } from '../api/api-error.ts';
import { type FieldError, fieldErrorText } from '../api/field-error.ts';
import { labelKeyProblems, labelValueProblems } from './label-syntax.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelPredicate = (labels: Labels | undefined) => boolean;

/** `meta/v1.LabelSelector`. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

type Operator = 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/**
 * The selector of a query such as `?labelSelector=`; the empty one selects everything.
 * @throws ApiError 400 with the API server's text
 */
export function parseLabelSelector(text: string): LabelPredicate {
  if (text === '') return () => true;
  try {
    return allOf(new Parser(text).parse());
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

/**
 * The predicate of a selector in a spec: absent selects nothing, empty selects everything. What validation would have
 * refused (an unknown operator) selects nothing.
 */
export function labelSelectorPredicate(selector: LabelSelector | undefined): LabelPredicate {
  if (!selector) return () => false;
  const predicates = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => predicate(key, 'in', [value]));
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const known = OPERATORS[operator];
    if (!known) return () => false;
    predicates.push(predicate(key, known, values));
  }
  return allOf(predicates);
}

const OPERATORS: Readonly<Record<string, Operator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** What is wrong with a selector in a spec. Source: `meta/v1/validation.ValidateLabelSelector`. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (field: string, value: unknown, details: string[]) => {
    errors.push(...details.map((detail): FieldError => ({ kind: 'Invalid', field, detail, value })));
  };
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    invalid(`${path}.matchLabels`, key, labelKeyProblems(key));
    invalid(`${path}.matchLabels`, value, labelValueProblems(value));
  }
  for (const [index, { key, operator, values = [] }] of (selector?.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const known = OPERATORS[operator];
    if (!known) invalid(`${at}.operator`, operator, ['not a valid selector operator']);
    const listed = known === 'in' || known === 'notin';
    if (listed && values.length === 0) {
      const detail = "must be specified when `operator` is 'In' or 'NotIn'";
      errors.push({ kind: 'Required', field: `${at}.values`, detail });
    } else if (known && !listed && values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push({ kind: 'Forbidden', field: `${at}.values`, detail });
    }
    invalid(`${at}.key`, key, labelKeyProblems(key));
    for (const [place, value] of values.entries()) {
      invalid(`${at}.values[${place}]`, value, labelValueProblems(value));
    }
  }
  return errors;
}

function allOf(predicates: readonly LabelPredicate[]): LabelPredicate {
  const [only] = predicates;
  if (!only) return () => true;
  return predicates.length === 1 ? only : (labels) => predicates.every((matches) => matches(labels));
}

function predicate(key: string, operator: Operator, values: readonly string[]): LabelPredicate {
  const labelOf = (labels: Labels | undefined) =>
    labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  const [first = ''] = values;
  switch (operator) {
    case 'exists':
      return (labels) => labelOf(labels) !== undefined;
    case '!':
      return (labels) => labelOf(labels) === undefined;
    case 'in': {
      if (values.length === 1) return (labels) => labelOf(labels) === first;
      const wanted = new Set<string | undefined>(values);
      return (labels) => wanted.has(labelOf(labels));
    }
    case 'notin': {
      const unwanted = new Set<string | undefined>(values);
      return (labels) => !unwanted.has(labelOf(labels));
    }
    case 'gt':
    case 'lt': {
      const bound = BigInt(first);
      return (labels) => {
        const value = labelOf(labels);
        if (value === undefined || !INTEGER.test(value)) return false;
        return operator === 'gt' ? BigInt(value) > bound : BigInt(value) < bound;
      };
    }
  }
}

const INTEGER = /^-?\d{1,19}$/;
const BINARY: Readonly<Record<string, Operator>> = {
  in: 'in',
  notin: 'notin',
  '=': 'in',
  '==': 'in',
  '!=': 'notin',
  '>': 'gt',
  '<': 'lt',
};

class SelectorError extends Error {}

/** `found 'x', expected: …`. */
const unexpected = (found: string, expected: string) => new SelectorError(`found '${found}', expected: ${expected}`);

/** Reads tokens from left to right; the empty token is the end. `in` and `notin` are words where a word is due. */
class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = [...text.matchAll(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g)].map(([token]) => token);
  }

  parse(): LabelPredicate[] {
    const found: LabelPredicate[] = [];
    if (this.#next === '') return found;
    if (!isWord(this.#next) && this.#next !== '!') {
      throw unexpected(this.#next, "!, identifier, or 'end of string'");
    }
    for (;;) {
      found.push(this.#requirement());
      const separator = this.#take();
      if (separator === '') return found;
      if (separator !== ',') throw unexpected(separator, "',' or 'end of string'");
      if (!isWord(this.#next) && this.#next !== '!') throw unexpected(this.#next, "identifier after ','");
    }
  }

  get #next(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #take(): string {
    const token = this.#next;
    this.#at += 1;
    return token;
  }

  #requirement(): LabelPredicate {
    try {
      const absent = this.#next === '!';
      if (absent) this.#take();
      const key = this.#take();
      if (!isWord(key)) throw unexpected(key, 'identifier');
      const problems = labelKeyProblems(key);
      if (problems.length > 0) throw aggregated([invalidValue('<nil>', key, problems)]);
      if (absent) return predicate(key, '!', []);
      if (this.#next === '' || this.#next === ',') return predicate(key, 'exists', []);
      const symbol = this.#take();
      const operator = BINARY[symbol];
      if (!operator) throw unexpected(symbol, 'in, notin, =, ==, !=, gt, lt');
      const values = symbol === 'in' || symbol === 'notin' ? this.#list() : [this.#value()];
      checkValues(key, operator, values);
      return predicate(key, operator, values);
    } catch (error) {
      throw error instanceof SelectorError ? new SelectorError(`unable to parse requirement: ${error.message}`) : error;
    }
  }

  #value(): string {
    if (this.#next === '' || this.#next === ',') return '';
    const value = this.#take();
    if (!isWord(value)) throw unexpected(value, 'identifier');
    return value;
  }

  /** Sorted, without repetition; an omitted item is the empty value. */
  #list(): string[] {
    const open = this.#take();
    if (open !== '(') throw new SelectorError(`found '${open}' expected: '('`);
    if (this.#next !== ')' && this.#next !== ',' && !isWord(this.#next)) {
      throw unexpected(this.#next, "',', ')' or identifier");
    }
    const values = new Set<string>();
    for (;;) {
      if (isWord(this.#next)) {
        values.add(this.#take());
        if (this.#next !== ',' && this.#next !== ')') throw unexpected(this.#next, "',' or ')'");
      } else if (this.#next === ',' || this.#next === ')') {
        values.add('');
      } else {
        throw unexpected(this.#next, "',', or identifier");
      }
      if (this.#take() === ')') return [...values].sort();
    }
  }
}

const isWord = (token: string): boolean => token !== '' && !/^[=!(),<>]/.test(token);

const invalidValue = (field: string, value: string, details: readonly string[]): FieldError => ({
  kind: 'Invalid',
  field,
  detail: details.join('; '),
  value,
});

function checkValues(key: string, operator: Operator, values: readonly string[]): void {
  const errors: FieldError[] = [];
  const [first = ''] = values;
  if ((operator === 'gt' || operator === 'lt') && !INTEGER.test(first)) {
    errors.push(invalidValue('values[0]', first, ["for 'Gt', 'Lt' operators, the value must be an integer"]));
  }
  for (const [index, value] of values.entries()) {
    const problems = labelValueProblems(value);
    if (problems.length > 0) errors.push(invalidValue(`values[${index}][${key}]`, value, problems));
  }
  if (errors.length > 0) throw aggregated(errors);
}

function aggregated(errors: readonly FieldError[]): SelectorError {
  const texts = errors.map(fieldErrorText);
  return new SelectorError(texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
}

/** `a=b,c=d` in the order of the keys, as tables show labels. */
export function formatLabels(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(',') || '<none>';
}

/** A selector in the grammar of a query; one that selects nothing or everything is `<none>`. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const known = OPERATORS[operator];
    if (!known) return '<error>';
    const listed = `${key} ${known} (${values.toSorted().join(',')})`;
    parts.push({ key, text: known === '!' ? `!${key}` : known === 'exists' ? key : listed });
  }
  parts.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return parts.map(({ text }) => text).join(',') || '<none>';
}
