/**
 * One short-lived program with limits.
 *
 * No shell is involved: arguments are handed over as they are. The program leads a process group of its own and the
 * whole group is killed when the time is up, when it prints too much, or when the caller gives up. Where util-linux'
 * `prlimit` is there it also bounds address space, processor time, open files and the size of files.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

export interface Limits {
  readonly timeoutMs: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  readonly fileBytes: number;
}

export type Outcome =
  | { readonly kind: 'ended'; readonly code: number; readonly stdout: Buffer; readonly stderr: string }
  /** Ended by a signal that was not ours, as when a limit of memory or processor time is hit. */
  | { readonly kind: 'killed'; readonly signal: string; readonly stderr: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-much-output' }
  /** The program is not there or may not be run. */
  | { readonly kind: 'not-started'; readonly code: string };

/**
 * Runs a program to its end.
 *
 * @param environment all of it; nothing is inherited
 * @throws whatever `signal` was aborted with
 */
export async function runLimited(
  program: string,
  args: readonly string[],
  options: { cwd: string; environment: Record<string, string>; limits: Limits; signal?: AbortSignal },
): Promise<Outcome> {
  const { limits, signal } = options;
  signal?.throwIfAborted();
  if (!isExecutable(program)) return { kind: 'not-started', code: 'ENOENT' };
  const [command = program, ...rest] = [...prlimit(limits), program, ...args];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return await new Promise<Outcome>((resolve, reject) => {
    let ended: Outcome | { kind: 'aborted' } | undefined;
    const stop = (why: Outcome | { kind: 'aborted' }) => {
      ended ??= why;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => stop({ kind: 'timed-out' }), limits.timeoutMs);
    const onAbort = () => stop({ kind: 'aborted' });
    signal?.addEventListener('abort', onAbort, { once: true });

    const stdout: Buffer[] = [];
    let stdoutBytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > limits.stdoutBytes) stop({ kind: 'too-much-output' });
      else stdout.push(chunk);
    });
    const stderr: Buffer[] = [];
    let stderrBytes = 0;
    child.stderr.on('data', (chunk: Buffer) => {
      // What goes beyond is dropped and not an error: warnings do not fail a chart.
      if (stderrBytes < limits.stderrBytes) stderr.push(chunk.subarray(0, limits.stderrBytes - stderrBytes));
      stderrBytes += chunk.length;
    });

    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (ended?.kind === 'aborted') reject(signal?.reason);
      else resolve(ended ?? outcome);
    };
    child.once('error', (error: NodeJS.ErrnoException) => finish({ kind: 'not-started', code: error.code ?? '' }));
    child.once('close', (code, by) => {
      // Whatever it may have left behind goes with it.
      killGroup(child.pid);
      const text = Buffer.concat(stderr).toString('utf8');
      if (code === null) finish({ kind: 'killed', signal: by ?? 'unknown', stderr: text });
      else finish({ kind: 'ended', code, stdout: Buffer.concat(stdout), stderr: text });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find(isExecutable);

/** The words that put the limits before a program; none where the machine has no prlimit. */
function prlimit(limits: Limits): string[] {
  if (PRLIMIT === undefined) return [];
  return [
    PRLIMIT,
    `--as=${limits.memoryBytes}`,
    `--cpu=${limits.cpuSeconds}`,
    `--fsize=${limits.fileBytes}`,
    '--nofile=256',
    '--core=0',
    '--',
  ];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
