import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@kubenova/testkit/condition.ts';
import type { Supervisor } from '@kubenova/testkit/process/supervisor.ts';
import { projectRoot } from '../project.ts';
import type { DataFolder } from './data-folder.ts';
import { lean } from './lean.ts';

/** A Manager that answers. */
export interface DevManager {
  url: string;
  token: string;
  tokenFile: string;
}

export interface DevManagerOptions {
  port: number;
  /** Where the clusters find the issuer; https. */
  issuerUrl: string;
  issuerPort: number;
  tls: { certFile: string; keyFile: string };
}

/**
 * Starts the Manager on an embedded Postgres under the data folder and waits until it is ready.
 *
 * @throws Error with the last lines of its log when it ends or never gets ready
 */
export async function startManager(
  supervisor: Supervisor,
  data: DataFolder,
  options: DevManagerOptions,
): Promise<DevManager> {
  const url = `http://127.0.0.1:${options.port}`;
  const tokenFile = data.file('admin.token');
  const program = await supervisor.start({
    name: 'manager',
    command: process.execPath,
    // A small young generation costs little time and saves a fifth of the memory.
    arguments: [
      '--disable-warning=ExperimentalWarning',
      '--max-semi-space-size=4',
      join(projectRoot, 'packages', 'manager', 'main.ts'),
    ],
    graceMs: 15_000,
    environment: {
      ...lean,
      KUBENOVA_LISTEN: `127.0.0.1:${options.port}`,
      KUBENOVA_DATA: data.file('manager'),
      KUBENOVA_ISSUER_URL: options.issuerUrl,
      KUBENOVA_ISSUER_LISTEN: `127.0.0.1:${options.issuerPort}`,
      KUBENOVA_TLS_CERT: options.tls.certFile,
      KUBENOVA_TLS_KEY: options.tls.keyFile,
      KUBENOVA_ADMIN_TOKEN_FILE: tokenFile,
      ...databaseOf(process.env),
    },
  });
  await waitFor({
    what: 'the Manager to be ready',
    timeoutMs: 60_000,
    giveUp: () => program.assertAlive(),
    look: async () => {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
      return answer.ok && existsSync(tokenFile) ? true : undefined;
    },
  });
  return { url, token: readFileSync(tokenFile, 'utf8').trim(), tokenFile };
}

/** A database of the user's own is used where the environment names one. */
function databaseOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return environment.DATABASE_URL ? { DATABASE_URL: environment.DATABASE_URL } : {};
}
