import { describe, expect, it } from 'vitest';
import { dereference, staleFiles } from './generate.ts';

describe('the generated code', () => {
  it('is what the contract asks for', async () => {
    expect(await staleFiles()).toEqual([]);
  });

  it('refuses a schema that contains itself, by name', () => {
    const document = { a: { $ref: '#/b' }, b: { of: { $ref: '#/a' } } };
    expect(() => dereference(document, { $ref: '#/a' })).toThrow('schema cycle: #/a -> #/b -> #/a');
  });

  it('refuses a reference to nothing', () => {
    expect(() => dereference({}, { $ref: '#/components/schemas/Nothing' })).toThrow('names nothing in the contract');
  });
});
