/** The command line as a process, for tests: a session folder of its own, no browser, nothing of the user's environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { waitFor } from '@kubenova/testkit/condition.ts';

export interface Run {
  readonly child: ChildProcess;
  /** What it has printed so far, on both. */
  output(): string;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

const main = join(import.meta.dirname, '..', 'main.ts');

/** @param folder where it keeps its session */
export function kubenova(folder: string, args: readonly string[], environment: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: { PATH: process.env.PATH ?? '', KUBENOVA_CONFIG: folder, BROWSER: 'none', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, output: () => stdout + stderr, ended };
}

/** What the pattern's group finds in the output of a running command, once it is there. */
export function printed(run: Run, pattern: RegExp): Promise<string> {
  return waitFor({
    what: `output like ${pattern}`,
    timeoutMs: 20_000,
    giveUp: () => {
      if (run.child.exitCode !== null) throw new Error(run.output());
    },
    look: () => pattern.exec(run.output())?.[1],
  });
}
