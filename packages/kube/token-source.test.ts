import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTokenSource } from './token-source.ts';

it('a token file is looked at once a second, and what it held lately is redacted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'token-'));
  const path = join(folder, 'token');
  let now = 0;
  const source = createTokenSource({ kind: 'tokenFile', path }, () => now);
  await writeFile(path, 'one\n');
  expect(await source.current()).toBe('one');
  await writeFile(path, 'second\n');
  expect(await source.current()).toBe('one');
  now = 1_000;
  expect(await source.current()).toBe('second');
  expect(source.redact('one, second, third')).toBe('[redacted], [redacted], third');
  await writeFile(path, '');
  now = 2_000;
  expect(await source.current(), 'a file that is being written is no reason to lose a good token').toBe('second');
  await rm(folder, { recursive: true });
});
