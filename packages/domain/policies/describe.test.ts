import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { describeCatalogue } from './describe.ts';

const page = path.join(import.meta.dirname, '../../../docs/policies.md');

it('the page of the catalogue is what the catalogue says', async () => {
  const text = readFileSync(page, 'utf8');
  const [before, after] = ['<!-- The catalogue, generated. -->\n', '<!-- The end of the catalogue. -->\n'];
  const head = text.slice(0, text.indexOf(before) + before.length);
  const tail = text.slice(text.indexOf(after));
  // With `--update` the part between the two marks is written anew.
  await expect(`${head}\n${describeCatalogue()}\n${tail}`).toMatchFileSnapshot(page);
});
