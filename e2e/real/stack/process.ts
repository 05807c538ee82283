import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A program to run for as long as a cluster lives. */
export interface Program {
  /** Unique in its cluster; names the log file. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** The whole environment: nothing is inherited, so that no setting of a user's shell leaks in. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds between SIGTERM and SIGKILL; 5000 unless said otherwise. */
  readonly graceMs?: number;
}

/** A program that was started. */
export interface RunningProgram {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Throws, with the last lines of its log, when the program ended although nobody stopped it. */
  assertAlive(): void;
  /** Ends it with SIGTERM, after its grace with SIGKILL; resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL at once; resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts programs and sees to it that none outlives this process, not even when it is killed: each
 * program leads a process group of its own, so that a Ctrl-C in the terminal reaches only us, and a
 * small shell script, which hears of our end through a pipe, kills the groups that are left.
 */
export class Supervisor {
  readonly #logFolder: string;
  readonly #running = new Map<string, RunningProgram>();
  readonly #watchdog: ChildProcess;

  constructor(logFolder: string) {
    mkdirSync(logFolder, { recursive: true });
    this.#logFolder = logFolder;
    const script = path.join(import.meta.dirname, 'watchdog.sh');
    this.#watchdog = spawn('/bin/sh', [script], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watchdog.unref();
    // It only ever fails when someone kills the watchdog; the programs then run on as before.
    this.#watchdog.stdin?.on('error', () => undefined);
    (this.#watchdog.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  /** Process numbers by program name. */
  get pids(): Record<string, number> {
    return Object.fromEntries([...this.#running].map(([name, program]) => [name, program.pid]));
  }

  /**
   * Starts a program; its output goes to `<name>.log`, which is begun anew.
   *
   * @throws Error when the command cannot be run or a program of that name runs already
   */
  async start(program: Program): Promise<RunningProgram> {
    if (this.#running.has(program.name)) throw new Error(`${program.name} runs already.`);
    const logFile = path.join(this.#logFolder, `${program.name}.log`);
    const log = openSync(logFile, 'w');
    const child = spawn(program.command, program.arguments, {
      cwd: this.#logFolder,
      detached: true,
      env: { PATH: process.env.PATH ?? '', HOME: this.#logFolder, ...program.environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new Error(`${program.name} could not be started: ${error.message}`)));
    });
    const pid = child.pid ?? 0;
    this.#tellWatchdog('add', pid);
    child.unref();
    const running = this.#supervise(program, child, pid, logFile);
    this.#running.set(program.name, running);
    return running;
  }

  /** Stops the named programs side by side, as far as they run. */
  async stop(names: readonly string[], how: 'at once' | 'gracefully' = 'gracefully'): Promise<void> {
    const programs = names.map((name) => this.#running.get(name));
    await Promise.all(programs.map((program) => (how === 'at once' ? program?.kill() : program?.stop())));
  }

  /** Ends the watchdog; for the time when every program is stopped. */
  close(): void {
    this.#watchdog.stdin?.end();
  }

  #tellWatchdog(word: 'add' | 'gone', pid: number): void {
    this.#watchdog.stdin?.write(`${word} ${pid}\n`);
  }

  #supervise(program: Program, child: ChildProcess, pid: number, logFile: string): RunningProgram {
    let isStopping = false;
    let ending: string | undefined;
    const gone = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        ending = signal ?? `exit ${code}`;
        // What the program itself had started goes with it.
        signalGroup(pid, 'SIGKILL');
        this.#tellWatchdog('gone', pid);
        this.#running.delete(program.name);
        resolve();
      });
    });
    const end = async (graceMs: number) => {
      isStopping = true;
      // The event loop has to live until the program is gone.
      child.ref();
      if (ending === undefined && graceMs > 0) signalGroup(pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await gone;
      clearTimeout(timer);
    };
    return {
      name: program.name,
      pid,
      logFile,
      assertAlive() {
        if (ending === undefined || isStopping) return;
        const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15);
        throw new Error(
          `${program.name} ended by itself (${ending}). Its last lines:\n${lines.join('\n')}\nAll of it: ${logFile}`,
        );
      },
      stop: () => end(program.graceMs ?? 5000),
      kill: () => end(0),
    };
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
}
