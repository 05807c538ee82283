/** The Manager as a process: configuration from the environment, JSON logs on standard output, signals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, readConfig } from './config.ts';
import { createLogger } from './log.ts';
import { startManager } from './manager.ts';
import { startReconciling } from './reconcile/start.ts';

const STOP_TIMEOUT_MS = 20_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')) as { version: string };
  const manager = await startManager({ config, logger, version: manifest.version, startReconciling });
  logger.info({ url: manager.url, issuer: manager.issuerUrl }, 'the Manager is ready');

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

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || (error instanceof Error && 'code' in error);
  process.stderr.write(
    `${known && error instanceof Error ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
});
