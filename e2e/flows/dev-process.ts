import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import type { DevFile } from '../../packages/cli/dev/data-folder.ts';

const launcher = join(import.meta.dirname, '..', '..', 'kubenova');

/** `./kubenova dev`, started as a person would. */
export interface DevProcess {
  readonly file: DevFile;
  readonly dataDir: string;
  /** What it has printed so far. */
  output(): string;
  /** Ends it as Ctrl-C does and resolves with its exit code once it is gone. */
  interrupt(): Promise<number | null>;
}

/** A fresh data folder that others may pass through, so that the account Postgres runs as can reach its part of it. */
export function freshDataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubenova-dev-'));
  chmodSync(folder, 0o711);
  return folder;
}

export function removeDataFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Starts `dev` and waits for its `dev.json`.
 *
 * @throws Error with everything that it printed when it ends before it is ready
 */
export async function startDev(
  dataDir: string,
  world: DevFile['world'],
  extra: readonly string[] = [],
): Promise<DevProcess> {
  const { manager } = await choosePorts(['manager'], join(dataDir, 'flow-ports.json'));
  const child: ChildProcess = spawn(
    launcher,
    ['dev', '--world', world, '--port', String(manager), '--data', dataDir, ...extra],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const chunks: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let ended = false;
  gone.then(() => {
    ended = true;
  });
  const file = join(dataDir, 'dev.json');
  await waitFor({
    what: '`kubenova dev` to be ready',
    timeoutMs: 240_000,
    giveUp: () => {
      if (ended) throw new Error(`kubenova dev ended before it was ready:\n${chunks.join('')}`);
    },
    look: () => (existsSync(file) ? true : undefined),
  });
  return {
    file: JSON.parse(readFileSync(file, 'utf8')) as DevFile,
    dataDir,
    output: () => chunks.join(''),
    async interrupt() {
      child.kill('SIGINT');
      return await gone;
    },
  };
}
