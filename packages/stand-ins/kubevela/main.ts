/**
 * A stand-in for KubeVela's vela-core, for the project's own tests.
 *
 *   node main.ts --kubeconfig FILE [flags of vela-core: see controller/settings.ts]
 *
 * KUBECONFIG names the file when the flag does not. It prints one JSON object a line and runs until SIGTERM or SIGINT.
 */
import { createKubeClient } from '@kubenova/kube/client.ts';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { flagsOf } from '../flags.ts';
import { ReconcileProblem } from './controller/run.ts';
import { settingsFrom } from './controller/settings.ts';
import { startVelaCore } from './controller/vela-core.ts';

const flags = flagsOf(process.argv.slice(2));
const file = flags.get('kubeconfig') ?? process.env.KUBECONFIG;
if (!file) {
  console.error('vela-core stand-in: name a kubeconfig with --kubeconfig FILE or KUBECONFIG.');
  process.exit(2);
}

const log = (line: Record<string, unknown>) => console.log(JSON.stringify({ time: new Date().toISOString(), ...line }));

const client = createKubeClient(await loadKubeconfigFile(file), {
  userAgent: 'kubenova-vela-core-stand-in',
  maxConnections: 32,
});
const core = startVelaCore(client, {
  settings: settingsFrom(flags),
  onError(key, error) {
    const reason = error instanceof ReconcileProblem ? 'application' : 'cluster';
    log({ level: 'warn', key, reason, message: error instanceof Error ? error.message : String(error) });
  },
});

let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log({ level: 'info', message: `stopping on ${signal}` });
  await core.stop();
  await client.close();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

core.synced.then(
  () => log({ level: 'info', message: 'watching Applications', server: client.server }),
  () => undefined,
);
