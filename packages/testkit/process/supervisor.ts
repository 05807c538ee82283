import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A program to run for as long as a world of tests or of development lives. */
export interface Program {
  /** Unique in its supervisor; names the log file. */
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
  /** Throws when the program was stopped, or ended by itself; then with the last lines of its log. */
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
  readonly #failed = new Map<string, RunningProgram>();
  readonly #watchdog: ChildProcess;
  #isClosed = false;

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
    if (this.#isClosed) throw new Error(`${program.name} is not started: everything was stopped meanwhile.`);
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
    const { pid } = child;
    if (pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      throw new Error(`${program.name} could not be started: ${error.message}`);
    }
    // Nothing is awaited up to here, so whoever stops everything knows of it.
    this.#tellWatchdog('add', pid);
    child.unref();
    const running = this.#supervise(program, child, pid, logFile);
    this.#running.set(program.name, running);
    this.#failed.delete(program.name);
    return running;
  }

  /** Throws, with the last lines of its log, when a program ended by itself and was not started again. */
  assertAlive(): void {
    for (const program of this.#failed.values()) program.assertAlive();
  }

  /** Stops the named programs side by side, as far as they run. */
  async stop(names: readonly string[], how: 'at once' | 'gracefully' = 'gracefully'): Promise<void> {
    const programs = names.map((name) => this.#running.get(name));
    await Promise.all(programs.map((program) => (how === 'at once' ? program?.kill() : program?.stop())));
  }

  /**
   * Stops everything, those that others depend on last, and lets nothing start any more.
   *
   * @param last names of programs that are stopped one after another when all others are gone
   */
  async close(last: readonly string[]): Promise<void> {
    this.#isClosed = true;
    await this.stop([...this.#running.keys()].filter((name) => !last.includes(name)));
    for (const name of last) await this.stop([name]);
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
        if (!isStopping) this.#failed.set(program.name, running);
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
    const running: RunningProgram = {
      name: program.name,
      pid,
      logFile,
      assertAlive() {
        if (isStopping) throw new Error(`${program.name} was stopped.`);
        if (ending === undefined) return;
        const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15);
        throw new Error(
          `${program.name} ended by itself (${ending}). Its last lines:\n${lines.join('\n')}\nAll of it: ${logFile}`,
        );
      },
      stop: () => end(program.graceMs ?? 5000),
      kill: () => end(0),
    };
    return running;
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
}
