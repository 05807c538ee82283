import { describe, expect, it } from 'vitest';
import { parsePatch } from './request-body.ts';

describe('a patch', () => {
  it.each([
    [
      'YAML with a list that has no end',
      'a: [1',
      "error encoding patch: yaml: line 1: did not find expected ',' or ']'",
    ],
    [
      'YAML with a map that has no end',
      'a: {b: 1',
      "error encoding patch: yaml: line 1: did not find expected ',' or '}'",
    ],
    [
      'a list',
      '- a',
      'error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
  ])('of server-side apply is refused: %s', (_why, text, message) => {
    expect(() => parsePatch(Buffer.from(text), true)).toThrow(expect.objectContaining({ message }));
  });

  it('of server-side apply may be JSON or YAML', () => {
    expect(parsePatch(Buffer.from('{"a":[1]}'), true)).toEqual({ a: [1] });
    expect(parsePatch(Buffer.from('a:\n- 1\n'), true)).toEqual({ a: [1] });
  });
});
