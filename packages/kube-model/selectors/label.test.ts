import { describe, expect, it } from 'vitest';
import { isApiError } from '../api-error.ts';
import {
  formatLabelSelector,
  formatLabels,
  type LabelSelector,
  labelSelectorPredicate,
  parseLabelSelector,
} from './label.ts';

const KEY_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const LONG = 'x'.repeat(64);
const PREFIX_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('a label selector in a query', () => {
  it.each([
    ['nothing selects everything', '', {}, true],
    ['equality', 'a=b', { a: 'b' }, true],
    ['equality with another value', 'a=b', { a: 'c' }, false],
    ['equality with a label that is not there', 'a=b', {}, false],
    ['double equality, with spaces', ' a == b ', { a: 'b' }, true],
    ['the empty value', 'a=', { a: '' }, true],
    ['the empty value is not an absent one', 'a=', {}, false],
    ['inequality is also met by absence', 'a!=b', {}, true],
    ['inequality', 'a!=b', { a: 'b' }, false],
    ['existence', 'a', { a: '' }, true],
    ['existence, not there', 'a', {}, false],
    ['absence', '!a', {}, true],
    ['absence, there', '!a', { a: 'b' }, false],
    ['a set', 'a in (b, c)', { a: 'c' }, true],
    ['a set without it', 'a in (b,c)', { a: 'd' }, false],
    ['the set of the empty value', 'a in ()', { a: '' }, true],
    ['a set with an omitted item', 'a in (b,,c)', { a: '' }, true],
    ['an excluded set', 'a notin (b,c)', { a: 'b' }, false],
    ['an excluded set is also met by absence', 'a notin (b,c)', {}, true],
    ['several, all met', 'a=b,c,!d', { a: 'b', c: '' }, true],
    ['several, one not met', 'a=b,c,!d', { a: 'b', c: '', d: '' }, false],
    ['operators as words', 'in in (in,notin)', { in: 'notin' }, true],
    ['greater', 'a>3', { a: '4' }, true],
    ['not greater', 'a>3', { a: '3' }, false],
    ['less', 'a<3', { a: '-1' }, true],
    ['greater than what is no number', 'a>3', { a: 'x' }, false],
    ['a key with a prefix', 'example.com/a=b', { 'example.com/a': 'b' }, true],
    ['a key that every object inherits', 'constructor', {}, false],
  ])('%s', (_why, text, labels, expected) => {
    expect(parseLabelSelector(text)(labels)).toBe(expected);
  });

  it('selects among objects without labels', () => {
    expect(parseLabelSelector('a=b')(undefined)).toBe(false);
    expect(parseLabelSelector('!a')(undefined)).toBe(true);
  });

  // The texts are those of kube-apiserver 1.37.2.
  it.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ['a in (b!)', "unable to parse requirement: found '!', expected: ',' or ')'"],
    ['a in (!b)', "unable to parse requirement: found '!', expected: ',', ')' or identifier"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['!!a', "unable to parse requirement: found '!', expected: identifier"],
    ['a!', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=!b', "unable to parse requirement: found '!', expected: identifier"],
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a=b)', "found ')', expected: ',' or 'end of string'"],
    [
      'a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    [`a=${LONG}`, `unable to parse requirement: values[0][a]: Invalid value: "${LONG}": must be no more than 63 bytes`],
    [LONG, `unable to parse requirement: <nil>: Invalid value: "${LONG}": name part must be no more than 63 bytes`],
    ['a=-b', `unable to parse requirement: values[0][a]: Invalid value: "-b": ${VALUE_RULE}`],
    ['-a=b', `unable to parse requirement: <nil>: Invalid value: "-a": name part ${KEY_RULE}`],
    ['/a', 'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty'],
    [
      'b/',
      `unable to parse requirement: <nil>: Invalid value: "b/": name part must be non-empty; name part ${KEY_RULE}`,
    ],
    ['A.B/c=d', `unable to parse requirement: <nil>: Invalid value: "A.B/c": prefix part ${PREFIX_RULE}`],
    [
      'a/b/c=d',
      `unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key ${KEY_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ],
    [
      'a in (-x,-y)',
      `unable to parse requirement: [values[0][a]: Invalid value: "-x": ${VALUE_RULE}, values[1][a]: Invalid value: "-y": ${VALUE_RULE}]`,
    ],
  ])('%s is refused', (text, message) => {
    try {
      parseLabelSelector(text);
      expect.unreachable();
    } catch (error) {
      if (!isApiError(error, 'BadRequest')) throw error;
      expect(error.status.message).toBe(message);
      expect(error.status.code).toBe(400);
    }
  });
});

describe('a label selector in a spec', () => {
  const expression = (operator: string, values?: string[]): LabelSelector => ({
    matchExpressions: [{ key: 'a', operator, ...(values && { values }) }],
  });

  it.each<[string, LabelSelector | undefined, Record<string, string>, boolean]>([
    ['none selects nothing', undefined, { a: 'b' }, false],
    ['an empty one selects everything', {}, {}, true],
    ['labels', { matchLabels: { a: 'b' } }, { a: 'b', c: 'd' }, true],
    ['labels that differ', { matchLabels: { a: 'b' } }, { a: 'c' }, false],
    ['In', expression('In', ['b', 'c']), { a: 'c' }, true],
    ['NotIn', expression('NotIn', ['b']), { a: 'b' }, false],
    ['Exists', expression('Exists'), { a: '' }, true],
    ['DoesNotExist', expression('DoesNotExist'), { a: '' }, false],
    ['an unknown operator selects nothing', expression('Like', ['b']), { a: 'b' }, false],
    ['labels and expressions', { matchLabels: { x: 'y' }, ...expression('Exists') }, { a: 'b' }, false],
  ])('%s', (_why, selector, labels, expected) => {
    expect(labelSelectorPredicate(selector)(labels)).toBe(expected);
  });
});

describe('labels as text', () => {
  it('are sorted by key', () => {
    expect(formatLabels({ b: '1', a: '' })).toBe('a=,b=1');
    expect(formatLabels(undefined)).toBe('<none>');
  });

  it('show selectors in the grammar of queries', () => {
    const selector: LabelSelector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['b', 'a'] },
        { key: 'old', operator: 'DoesNotExist' },
        { key: 'any', operator: 'Exists' },
        { key: 'z', operator: 'NotIn', values: ['y'] },
      ],
    };
    expect(formatLabelSelector(selector)).toBe('any,app=web,!old,tier in (a,b),z notin (y)');
    expect(formatLabelSelector({})).toBe('<none>');
  });
});
