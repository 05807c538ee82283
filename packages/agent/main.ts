/**
 * The Agent's entry. It sets how much memory the process takes before anything else is loaded:
 *
 * - The young generation of V8 grows to 64 MiB under a burst of short-lived objects, such as one rendered chart, and
 *   stays there. With these two flags it stays at its first size, which costs a little processor time in such bursts.
 * - Stripping types loads a compiler of some 20 MiB; the compile cache keeps the result for the next start.
 */
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { cacheFolder } from './config.ts';

setFlagsFromString('--optimize-for-size');
setFlagsFromString('--semi-space-growth-factor=1');
enableCompileCache(path.join(cacheFolder(process.env), 'node'));
const { runProgram } = await import('./program.ts');
await runProgram();
