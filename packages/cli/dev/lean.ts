import { join } from 'node:path';
import { cacheFolder } from '../../../e2e/real/build/cache.ts';

/**
 * Environment that keeps the Manager and the Agent small in development, where they run from TypeScript: what was stripped
 * of its types once, on this machine, is not stripped again (the stripper alone takes 20 MB and half a second), and glibc
 * keeps two heaps instead of one a thread.
 */
export const lean: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: join(cacheFolder(), 'compile-cache'),
  MALLOC_ARENA_MAX: '2',
};
