/** The Manager as a process: configuration from the environment, JSON logs on standard output, signals. */
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { ConfigError, readConfig } from './config.ts';
import { SealingError } from './identity/sealing.ts';
import { createLogger } from './log.ts';
import { startManager } from './manager.ts';
import { PostgresError } from './postgres.ts';
import { startReconciling } from './reconcile/start.ts';
import { MigrationError } from './store/migrate.ts';

const STOP_TIMEOUT_MS = 20_000;

/** Runs until a signal comes or the database is lost; what keeps it from starting is said on standard error. */
export async function runProcess(): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exitCode = 1;
  }
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')) as { version: string };
  const manager = await startManager({ config, logger, version: manifest.version, startReconciling });
  logger.info({ url: manager.url, issuer: manager.issuerUrl }, 'the Manager is ready');
  flushCompileCache();

  let stopping: Promise<void> | undefined;
  const stop = (reason: string, exitCode: number) => {
    stopping ??= (async () => {
      logger.info({ reason }, 'stopping');
      // Whatever hangs must not keep the process: its queue keys are leased, its transactions end with it.
      setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
      await manager.stop();
      process.exitCode = exitCode;
    })();
    return stopping;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal, 0));
  void manager.databaseLost.then(() => stop('the embedded Postgres ended', 1));
}

/** Errors that are meant for whoever starts the Manager are shown by their message; any other with its stack. */
function startFailure(error: unknown): string {
  const meant = [ConfigError, PostgresError, MigrationError, SealingError].some((kind) => error instanceof kind);
  const isSystem = error instanceof Error && 'syscall' in error;
  if (error instanceof Error) return meant || isSystem ? error.message : (error.stack ?? error.message);
  return String(error);
}
