import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter } from './json-lines.ts';

describe('lines of a watch', () => {
  it('come out whole however the bytes are cut, also inside a character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.array(fc.integer({ min: 1, max: 7 })),
        (names, cuts) => {
          const documents = names.map((name) => JSON.stringify({ name }));
          const bytes = Buffer.from(documents.map((line) => `${line}\n`).join(''), 'utf8');
          const splitter = createLineSplitter();
          const lines: string[] = [];
          for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
            const size = cuts[cut % Math.max(1, cuts.length)] ?? bytes.length;
            lines.push(...splitter.push(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(lines).toEqual(documents);
          expect(splitter.pendingBytes()).toBe(0);
        },
      ),
    );
  });

  it('are skipped when empty, and an unfinished one is told', () => {
    const splitter = createLineSplitter();
    expect(splitter.push(Buffer.from('\n\r\n{"a":1}\r\n{"b"'))).toEqual(['{"a":1}']);
    expect(splitter.pendingBytes()).toBe(4);
  });

  it('have a limit, so that a server cannot fill our memory', () => {
    const splitter = createLineSplitter(10);
    splitter.push(Buffer.from('12345'));
    expect(() => splitter.push(Buffer.from('123456'))).toThrow(/longer than 10 bytes/);
  });
});
