import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { devFlow } from './dev.ts';
import { freshDataFolder, removeDataFolder } from './dev-process.ts';

// A true capsule-proxy leaves room for no second one on a machine.
const clusters = process.env.KUBENOVA_CAPSULE_PROXY_BIN ? 1 : 2;
// dev and the Manager; an Agent and eight programs a cluster.
devFlow({ world: 'real', processes: 2 + 9 * clusters, clusters });

it('says at once that a machine has room for one true capsule-proxy only', async () => {
  const folder = freshDataFolder();
  onTestFinished(() => removeDataFolder(folder));
  const root = join(import.meta.dirname, '..', '..');
  // Which program it is does not matter: it is not run.
  const proxy = { KUBENOVA_CAPSULE_PROXY_BIN: join(root, 'kubenova'), KUBENOVA_COMPONENT_MANIFESTS: folder };
  const options = ['dev', '--world', 'real', '--clusters', '2', '--data', folder, '--port', '20999'];
  const started = promisify(execFile)(join(root, 'kubenova'), options, { env: { ...process.env, ...proxy } });
  const failure = await started.catch((error) => error);
  expect(failure).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Use --clusters 1, or unset the variable'),
  });
});
