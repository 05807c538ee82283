import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateFiles } from '@kubenova/knapi/generate.ts';
import { projectRoot } from '../project.ts';

/** Writes everything that is generated from the contract. */
export async function generate(): Promise<void> {
  const folder = join(projectRoot, 'packages', 'knapi', 'generated');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(await generateFiles())) {
    writeFileSync(join(folder, name), text);
    process.stderr.write(`wrote packages/knapi/generated/${name}\n`);
  }
}
