/** `kubenova check`: what a commit must pass, side by side and in seconds. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { CommandFailure } from '../output/failure.ts';
import { projectRoot } from '../project.ts';

interface Check {
  title: string;
  command: string;
  arguments: string[];
}

/**
 * Runs every check and shows the output of those that fail.
 *
 * @throws CommandFailure that names the failed checks
 */
export async function check(options: { fix?: boolean }): Promise<void> {
  const bin = join(projectRoot, 'node_modules', '.bin');
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const checks: Check[] = [
    {
      title: 'format and lint',
      command: join(bin, 'biome'),
      arguments: ['check', ...(options.fix ? ['--write'] : []), '.'],
    },
    {
      title: 'types',
      command: process.execPath,
      arguments: [join(projectRoot, 'node_modules', 'typescript-native', 'bin', 'tsc'), '-p', 'tsconfig.json'],
    },
    { title: 'layers', command: process.execPath, arguments: [vitest, 'run', 'packages/testkit/layers.test.ts'] },
    { title: 'generated code', command: process.execPath, arguments: ['packages/knapi/generate.ts', '--check'] },
  ];
  const results = await Promise.all(checks.map(run));
  for (const { title, failed, output, seconds } of results) {
    process.stderr.write(`${failed ? '✗' : '✓'} ${title} (${seconds.toFixed(1)} s)\n`);
    if (failed) process.stderr.write(output);
  }
  const failed = results.filter((result) => result.failed).map((result) => result.title);
  if (failed.length > 0) throw new CommandFailure(`check failed: ${failed.join(', ')}`);
}

function run(check: Check): Promise<{ title: string; failed: boolean; output: string; seconds: number }> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(check.command, check.arguments, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const seconds = (performance.now() - started) / 1000;
      resolve({ title: check.title, failed: code !== 0, output: Buffer.concat(chunks).toString(), seconds });
    });
  });
}
