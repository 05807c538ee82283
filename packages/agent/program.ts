/** The Agent as a process: configuration, connection, health listener, signals. */
import { createKubeClient } from '@kubenova/kube/client.ts';
import { inClusterConnection, KubeconfigError, loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { runAgent } from './agent.ts';
import { ConfigError, readConfig } from './config.ts';
import { startHealthServer } from './health-server.ts';
import { createLogger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { AGENT_VERSION } from './version.ts';

/** After the first signal everything gets this long to stop by itself. */
const STOP_MS = 10_000;

/** Runs the Agent until a signal ends it, and then ends the process: 0 stopped, 1 failed, 2 misconfigured. */
export async function runProgram(): Promise<never> {
  try {
    await run();
    process.exit(0);
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof KubeconfigError;
    const text = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`kubenova-agent: ${text}\n`);
    process.exit(expected ? 2 : 1);
  }
}

async function run(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger(config.logLevel, config.cluster);
  const connection =
    config.kubeconfig === undefined ? await inClusterConnection() : await loadKubeconfigFile(config.kubeconfig);
  const client = createKubeClient(connection, { userAgent: `kubenova-agent/${AGENT_VERSION}` });
  const metrics = createMetrics();
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(130);
      log.info({ signal: name }, 'stops');
      stopping.abort(new Error(`stopped by ${name}`));
      setTimeout(() => process.exit(1), STOP_MS).unref();
    });
  }
  let leading = false;
  let filled = false;
  const health = await startHealthServer(config.healthListen, () => !leading || filled, metrics.registry);
  log.info(
    { version: AGENT_VERSION, server: client.server, health: health.address, helm: config.helm ?? null },
    'starts',
  );
  if (config.helm === undefined)
    log.warn('there is no helm on the PATH and KUBENOVA_HELM is not set: charts will fail');
  try {
    await runAgent({
      client,
      config,
      log,
      metrics,
      signal: stopping.signal,
      onLeading: (now) => {
        leading = now;
      },
      onReady: (now) => {
        filled = now;
      },
    });
  } finally {
    await health.close();
    await client.close();
  }
  log.info('stopped');
}
