import { expect, it } from 'vitest';
import { duplicateFields } from './duplicate-fields.ts';

it.each([
  ['none', '{"a":1,"b":{"a":1}}', []],
  ['at the top', '{"a":1,"a":2}', ['a']],
  ['in a map', '{"data":{"a":"1","b":"2","a":"3"}}', ['data.a']],
  ['in a list', '{"spec":{"containers":[{"name":"x"},{"name":"y","name":"z"}]}}', ['spec.containers[1].name']],
  ['each once', '{"a":1,"a":2,"a":3}', ['a']],
  ['white space is none', ' { "a" : [ 1 , 2 ] }', []],
  ['braces and quotes in strings count for nothing', '{ "a": "}{\\",\\"a\\":[", "b": "a:a" }', []],
  ['whatever the spelling', '{"\\u0061":1,"a":2}', ['a']],
])('%s: %s', (_why, text, expected) => {
  expect(duplicateFields(text, JSON.parse(text))).toEqual(expected);
});
