/** `./kubenova dev --sample`: something to look at from the first moment, and nothing twice after a second start. */
import { createClient } from '@kubenova/knapi/client.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DevProcess, freshDataFolder, removeDataFolder, startDev } from './dev-process.ts';

let dataDir: string;
let dev: DevProcess;

beforeAll(async () => {
  dataDir = freshDataFolder();
  dev = await startDev(dataDir, 'sim', ['--sample']);
}, 120_000);

afterAll(async () => {
  await dev?.interrupt();
  removeDataFolder(dataDir);
}, 60_000);

async function content(): Promise<string[]> {
  const api = createClient({ managerUrl: dev.file.managerUrl, token: dev.file.token });
  const { data: apps } = await api.GET('/api/v1/apps', { params: { query: { limit: 200 } } });
  const { data: sandboxes } = await api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox', {
    params: { path: { cluster: 'dev-1', tenant: 'acme', project: 'shop' } },
  });
  return [
    ...(apps?.items ?? []).map(
      (app) => `${app.cluster} ${app.namespace} ${app.source.kind} ${app.revision} ${app.status.phase}`,
    ),
    ...(sandboxes?.items ?? []).map(({ namespace }) => namespace),
  ].sort();
}

const wanted = [
  'dev-1 tn-acme-shop-app-frontend containerImage 1 Running',
  'dev-1 tn-acme-shop-app-hello helmHttp 1 Running',
  'dev-2 tn-acme-blog-app-website containerImage 1 Running',
  'dev-2 tn-globex-lab-app-settings kubeManifest 1 Running',
  'tn-acme-shop-sbx-001',
];

it('has tenants on two clusters with an app of each source kind, and a sandbox', async () => {
  expect(await content()).toEqual(wanted);
});

it('is not added again by a second start', async () => {
  await dev.interrupt();
  dev = await startDev(dataDir, 'sim', ['--sample']);
  expect(await content()).toEqual(wanted);
}, 120_000);
