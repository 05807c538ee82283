import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';

/** The oldest Go release that can build every component; Capsule's go.mod asks for it. */
export const oldestGo = '1.26.4';

/** A build that failed for a reason that a person can act on. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/** What a run of the go command needs to know. */
export interface GoRun {
  readonly arguments: readonly string[];
  readonly cwd: string;
  /** Everything that go prints goes here as well. */
  readonly log: string;
}

/**
 * Runs go in module mode with settings of our own, so that a user's go.work or flags cannot change
 * what is built, and at a low priority, since a cold build keeps every core busy for minutes.
 *
 * @returns what go printed on its standard output
 * @throws BuildError with the last lines of the log
 */
export async function runGo(run: GoRun): Promise<string> {
  await mkdir(path.dirname(run.log), { recursive: true });
  const log = createWriteStream(run.log, { flags: 'a' });
  log.write(`$ go ${run.arguments.join(' ')}\n`);
  const child = spawn('go', run.arguments, {
    cwd: run.cwd,
    env: {
      ...process.env,
      CGO_ENABLED: '0',
      GO111MODULE: 'on',
      GOFLAGS: '-mod=readonly -buildvcs=false',
      GOWORK: 'off',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) lowerPriority(child.pid);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new BuildError(missingGo);
    throw error;
  });
  log.end();
  await finished(log);
  if (code === 0) return output;
  const lines = (await readFile(run.log, 'utf8')).trimEnd().split('\n').slice(-20).join('\n');
  throw new BuildError(
    `go ${run.arguments.slice(0, 2).join(' ')} failed (exit ${code}). Its last lines:\n${lines}\nAll of it: ${run.log}`,
  );
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, 5);
  } catch {
    // The process may be gone already, and a build at the usual priority is as good.
  }
}

const missingGo = `The programs of a real cluster are built from their Go modules, and there is no go command on the PATH. Install Go ${oldestGo} or newer, or run the simulated world, which needs none.`;

/**
 * Makes sure that the go command is new enough.
 *
 * @throws BuildError that names the version to install
 */
export async function checkGo(log: string): Promise<void> {
  const answer = await runGo({
    arguments: ['env', 'GOVERSION', 'GOTOOLCHAIN'],
    cwd: import.meta.dirname,
    log,
  });
  const [version = '', toolchain = ''] = answer.trim().split('\n');
  // Any other setting lets go fetch the release that a module asks for by itself.
  if (toolchain !== 'local' || isAtLeast(version.replace(/^go/, ''), oldestGo)) return;
  throw new BuildError(
    `${version} is too old for the programs of a real cluster: install Go ${oldestGo} or newer, or set GOTOOLCHAIN=auto.`,
  );
}

function isAtLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [have, want] = [numbers(version), numbers(wanted)];
  for (let index = 0; index < want.length; index++) {
    const difference = (have[index] ?? 0) - (want[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
