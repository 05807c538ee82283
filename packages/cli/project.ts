import { join } from 'node:path';

/** The folder that holds the launcher, `packages/` and `docs/`. */
export const projectRoot = join(import.meta.dirname, '..', '..');
