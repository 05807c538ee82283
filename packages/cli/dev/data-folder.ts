import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAlive } from '@kubenova/testkit/process/is-alive.ts';
import { CommandFailure } from '../output/failure.ts';
import { projectRoot } from '../project.ts';
import type { DevAccount } from './account.ts';

/** What `dev` tells a script: written, with mode 0600, when and only when everything is ready. */
export interface DevFile {
  managerUrl: string;
  /** An administrator's API token. */
  token: string;
  tokenFile: string;
  /** With whom to sign in. */
  account: DevAccount;
  /** The same Manager with TLS, as the clusters find it, and the authority of its certificate. */
  issuerUrl: string;
  issuerCaFile: string;
  world: 'sim' | 'real';
  /** Path of the kubectl to use. */
  kubectl: string;
  /** A chart repository on loopback with both podinfo charts. */
  helmRepositoryUrl: string;
  clusters: DevFileCluster[];
  /** Process numbers by name; `dev` is the one to stop. */
  pids: Record<string, number>;
}

export interface DevFileCluster {
  name: string;
  zone: string;
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  capsuleProxyUrl: string;
  capsuleProxyCaFile: string;
}

/** What `--data` is unless said otherwise: a folder of the project, wherever the command is called. */
export function dataPath(option: string): string {
  return option === '.kubenova' ? join(projectRoot, option) : resolve(option);
}

/** The folder of one `dev`. It belongs to one process at a time. */
export interface DataFolder {
  readonly path: string;
  file(...segments: string[]): string;
  /**
   * Dedicates the folder to one world, for good: what the Manager knows of one world's clusters is wrong in another.
   *
   * @throws CommandFailure when the folder holds another world
   */
  takeFor(world: string): void;
  /** How many clusters an earlier start made here. */
  clusters(): number;
  writeDevFile(content: DevFile): void;
  /** Takes the dev file away and gives the folder back. */
  release(): void;
}

/**
 * Opens the data folder, or makes it, and takes it for this process.
 *
 * @throws CommandFailure when another `dev` runs on it
 */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true });
  const owner = join(path, 'dev.pid');
  const holder = existsSync(owner) ? Number(readFileSync(owner, 'utf8')) : 0;
  if (holder !== 0 && holder !== process.pid && isAlive(holder)) {
    throw new CommandFailure(`process ${holder} runs on ${path} already: stop it, or name another folder with --data`);
  }
  writeFileSync(owner, String(process.pid));
  const devFile = join(path, 'dev.json');
  rmSync(devFile, { force: true });
  return {
    path,
    file: (...segments) => join(path, ...segments),
    takeFor(world) {
      const marker = join(path, 'world');
      // Folders from before there was a choice hold the real world.
      const before = existsSync(marker)
        ? readFileSync(marker, 'utf8').trim()
        : existsSync(join(path, 'manager'))
          ? 'real'
          : world;
      if (before !== world) {
        rmSync(owner, { force: true });
        throw new CommandFailure(
          `${path} holds a world '${before}': start that with --world ${before}, name another folder with --data, or remove this one`,
        );
      }
      writeFileSync(marker, `${world}\n`);
    },
    clusters() {
      const folder = join(path, 'clusters');
      return existsSync(folder) ? readdirSync(folder).length : 0;
    },
    writeDevFile(content) {
      // A reader sees all of it or nothing.
      writeFileSync(`${devFile}.tmp`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${devFile}.tmp`, devFile);
    },
    release() {
      rmSync(devFile, { force: true });
      rmSync(owner, { force: true });
    },
  };
}
