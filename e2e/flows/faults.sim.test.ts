/**
 * The main job while things go wrong: requests are refused, answers are lost after the write was done, watches are cut,
 * lists are old, and Agent and Manager are killed in the middle of writes. An acknowledged write is never lost: when the
 * faults end, the world converges to what was asked for. A seed replays which requests are hit.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clusterAudience } from '@kubenova/domain/names.ts';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import { createFaults, type FaultRule } from '@kubenova/kube-sim/faults/plan.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import { Supervisor } from '@kubenova/testkit/process/supervisor.ts';
import { type FullSimCluster, startFullSimCluster } from '@kubenova/testkit/sim-cluster.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { startAgent } from '../../packages/cli/dev/agent.ts';
import { openDataFolder } from '../../packages/cli/dev/data-folder.ts';
import { startManager } from '../../packages/cli/dev/manager.ts';
import { registerCluster } from '../../packages/cli/dev/registration.ts';
import { findTools } from '../../packages/cli/dev/tools.ts';
import { createProgress } from '../../packages/cli/output/progress.ts';

const OURS = /^kubenova-(manager|agent)/;
const WRITES = ['create', 'update', 'patch', 'delete'];
const project = { cluster: 'zone-a', tenant: 'acme', project: 'shop' };
const APPS = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps';

function rules(kill: { agent(): void; manager(): void }): FaultRule[] {
  const writes = { verbs: WRITES, userAgent: OURS };
  const often = (probability: number) => ({ probability });
  return [
    { match: writes, when: often(0.05), fault: { error: 500 } },
    { match: writes, when: often(0.05), fault: { error: 503 } },
    { match: writes, when: often(0.04), fault: { error: 409 } },
    { match: writes, when: often(0.03), fault: { error: 429 } },
    { match: writes, when: often(0.06), fault: { loseResponse: true } },
    { match: { userAgent: OURS }, when: often(0.1), fault: { delayMs: [5, 60] } },
    { match: { verbs: ['watch'], userAgent: OURS }, when: often(0.3), fault: { cutWatch: { afterEvents: 4 } } },
    { match: { verbs: ['list'], userAgent: OURS }, when: often(0.1), fault: { staleBy: 10 } },
    {
      match: { verbs: WRITES, userAgent: /^kubenova-agent/ },
      when: { nth: 6 },
      fault: { kill: { at: 'before', run: kill.agent } },
    },
    {
      match: { verbs: WRITES, userAgent: /^kubenova-agent/ },
      when: { nth: 14 },
      fault: { kill: { at: 'after', run: kill.agent } },
    },
    {
      match: { verbs: WRITES, userAgent: /^kubenova-manager/, resources: ['rolebindings'] },
      when: { nth: 5 },
      fault: { kill: { at: 'after', run: kill.manager } },
    },
  ];
}

/** Positions of the rules that kill. */
const KILLS = [8, 9, 10];

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
}, 60_000);

/** A world whose one cluster has faults; Agent and Manager come back when they were killed. */
async function openWorld(seed: number) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-faults-'));
  chmodSync(folder, 0o711);
  opened.push(async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const data = openDataFolder(folder);
  const ports = await choosePorts(['manager', 'issuer', 'agent'], data.file('ports.json'));
  const pki = await openPki(data.file('pki'), 'faults');
  const tls = await pki.server('issuer');
  const supervisor = new Supervisor(data.file('logs'));
  const { helm } = await findTools(createProgress());
  const issuerUrl = `https://127.0.0.1:${ports.issuer}`;
  let cluster: FullSimCluster;
  const returns: Promise<unknown>[] = [];

  const runManager = () =>
    startManager(supervisor, data, { port: ports.manager, issuerUrl, issuerPort: ports.issuer, tls });
  const runAgent = () =>
    startAgent(supervisor, data, {
      cluster: project.cluster,
      server: cluster.server,
      caPem: cluster.caPem,
      adminKubeconfig: cluster.adminKubeconfig,
      helm,
      healthPort: ports.agent,
    });
  const killed = (name: string, run: () => Promise<unknown>) => () =>
    void returns.push(supervisor.stop([name], 'at once').then(run));
  const faults = createFaults({
    seed,
    cluster: project.cluster,
    store: () => cluster.sim.store,
    rules: rules({
      agent: killed(`agent-${project.cluster}`, runAgent),
      manager: killed('manager', runManager),
    }),
  });
  cluster = await startFullSimCluster({
    name: project.cluster,
    folder: data.file('cluster'),
    oidc: [{ issuerUrl, caPem: pki.caPem, audience: clusterAudience(project.cluster) }],
    interceptor: faults.intercept,
  });
  opened.push(
    () => cluster.stop(),
    () => supervisor.close(['manager']),
  );
  const manager = await runManager();
  await runAgent();
  const capsuleProxyCaFile = data.file('proxy-ca.pem');
  writeFileSync(capsuleProxyCaFile, cluster.capsuleProxy.caPem);
  const entry = {
    name: project.cluster,
    zone: 'zone-a',
    kubeconfig: cluster.adminKubeconfig,
    capsuleProxyUrl: cluster.capsuleProxy.url,
    capsuleProxyCaFile,
  };
  await registerCluster(manager, entry, () => undefined);
  return {
    cluster,
    faults,
    api: createClient({ managerUrl: manager.url, token: manager.token }),
    /** Resolves when all that was killed so far is back. */
    back: () => Promise.all(returns),
  };
}

/** Asks until somebody answers: a Manager that is killed answers nobody, and a key makes the same request the same. */
async function acknowledged<T>(ask: () => Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  return waitFor({
    what: 'an answer of the Manager',
    timeoutMs: 60_000,
    everyMs: 100,
    look: async () => {
      const { data, error, response } = await ask();
      if (response.status >= 500) return undefined;
      if (data === undefined) throw new Error(`${response.status}: ${JSON.stringify(error)}`);
      return data;
    },
  });
}

function createApp(api: KubeNovaClient, name: string, tag: string) {
  const containerImage = { image: 'docker.io/library/nginx', tag, ports: [80] };
  const body = { name, source: { kind: 'containerImage' as const, containerImage } };
  const header = { 'Idempotency-Key': `create-${name}` };
  return acknowledged(() => api.POST(APPS, { params: { path: project, header }, body }));
}

describe.each([1, 2])('with faults from seed %i', (seed) => {
  it('what was acknowledged comes true when they end, and nothing else', async () => {
    const { api, cluster, faults, back } = await openWorld(seed);
    const { tenant } = project;
    await acknowledged(() =>
      api.POST('/api/v1/tenants', { params: { header: { 'Idempotency-Key': 'tenant' } }, body: { name: tenant } }),
    );
    await acknowledged(() =>
      api.POST('/api/v1/tenants/{tenant}/projects', {
        params: { path: { tenant }, header: { 'Idempotency-Key': 'project' } },
        body: { name: project.project },
      }),
    );
    await acknowledged(() =>
      api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', { params: { path: project }, body: {} }),
    );
    for (const name of ['one', 'two', 'three', 'gone']) await createApp(api, name, '1.27.1');
    await acknowledged(() =>
      api.PATCH(`${APPS}/{app}`, {
        params: { path: { ...project, app: 'two' } },
        body: { source: { kind: 'containerImage', containerImage: { tag: '1.27.2' } } },
      }),
    );
    await acknowledged(() => api.DELETE(`${APPS}/{app}`, { params: { path: { ...project, app: 'gone' } } }));
    await waitFor({
      what: 'Agent and Manager to have been killed, the Agent twice',
      timeoutMs: 90_000,
      look: () => KILLS.every((kill) => faults.injected.some(({ rule }) => rule === kill)) || undefined,
    });
    faults.stop();
    await back();

    const seen = async () => {
      const { items } = await acknowledged(() => api.GET('/api/v1/apps', { params: { query: { limit: 200 } } }));
      return items.map((app) => `${app.name} ${app.revision} ${app.status.phase}`).sort();
    };
    const wanted = ['one 1 Running', 'three 1 Running', 'two 2 Running'];
    let last: string[] = [];
    await waitFor({
      what: 'the world to converge',
      timeoutMs: 120_000,
      everyMs: 200,
      look: async () => {
        last = await seen();
        return last.join() === wanted.join() || undefined;
      },
    }).catch((error: Error) => {
      throw new Error(
        `${error.message} It is: ${last.join(', ')}. Faults: ${JSON.stringify(faults.injected.slice(-20))}`,
      );
    });

    const { store } = cluster.sim;
    const names = (storage: string) => store.list(storage).entries.map(({ name }) => name);
    expect(names('namespaces').filter((name) => name.startsWith('tn-'))).toEqual([
      'tn-acme-shop-app-one',
      'tn-acme-shop-app-three',
      'tn-acme-shop-app-two',
    ]);
    expect(names('applications.core.oam.dev')).toEqual(['one', 'three', 'two']);
    expect(names('resourcetrackers.core.oam.dev').filter((name) => name.startsWith('gone'))).toEqual([]);
    const two = store.get('deployments.apps', 'tn-acme-shop-app-two', 'two')?.object as {
      spec?: { template: { spec: { containers: { image: string }[] } } };
    };
    expect(two.spec?.template.spec.containers[0]?.image).toBe('docker.io/library/nginx:1.27.2');
    expect(faults.injected.length).toBeGreaterThan(20);
  }, 300_000);
});
