/**
 * A stand-in for Capsule, for the project's own tests.
 *
 *   node main.ts --kubeconfig FILE --listen HOST:PORT --tls-cert FILE --tls-key FILE --ca FILE
 *                [--configuration-name default]
 *
 * KUBECONFIG names the file when the flag does not. It prints one JSON object a line and runs until SIGTERM or SIGINT.
 */
import { readFile } from 'node:fs/promises';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { flagsOf } from '../flags.ts';
import { startCapsule } from './capsule.ts';

const flags = flagsOf(process.argv.slice(2));
const log = (line: Record<string, unknown>) => console.log(JSON.stringify({ time: new Date().toISOString(), ...line }));

function required(name: string, value: string | undefined = flags.get(name)): string {
  if (value) return value;
  console.error(`capsule stand-in: --${name} is missing.`);
  process.exit(2);
}

const file = required('kubeconfig', flags.get('kubeconfig') ?? process.env.KUBECONFIG);
const listen = /^(.*):(\d+)$/.exec(required('listen'));
if (!listen) {
  console.error('capsule stand-in: --listen must be HOST:PORT.');
  process.exit(2);
}
const capsule = await startCapsule({
  connection: await loadKubeconfigFile(file),
  host: listen[1] ?? '127.0.0.1',
  port: Number(listen[2]),
  certificate: await readFile(required('tls-cert'), 'utf8'),
  key: await readFile(required('tls-key'), 'utf8'),
  ca: await readFile(required('ca'), 'utf8'),
  configurationName: flags.get('configuration-name') ?? 'default',
  onError: (where, error) =>
    log({ level: 'warn', where, message: error instanceof Error ? error.message : String(error) }),
});
log({ level: 'info', message: 'guarding the namespaces', port: capsule.port });

let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log({ level: 'info', message: `stopping on ${signal}` });
  await capsule.close();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
