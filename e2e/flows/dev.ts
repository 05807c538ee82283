/**
 * `./kubenova dev` as a person uses it: the commands of the README, an end by Ctrl-C, a start on the same data, and an
 * end by SIGKILL. Nothing that it started may outlive it.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@kubenova/knapi/client.ts';
import { createBrowser } from '@kubenova/manager/testing/browser.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevFile } from '../../packages/cli/dev/data-folder.ts';
import { type DevProcess, freshDataFolder, removeDataFolder, startDev } from './dev-process.ts';
import { kubectlWith } from './kubectl.ts';

const root = join(import.meta.dirname, '..', '..');
const frontend = { cluster: 'dev-1', tenant: 'acme', project: 'shop', app: 'frontend' };

/** What differs from world to world. */
export interface DevFlowWorld {
  readonly world: DevFile['world'];
  /** How many processes it has at least. */
  readonly processes: number;
  /** How many clusters the first start is told to make; later starts find them in the data folder. */
  readonly clusters: number;
}

/** Registers the flow's tests. */
export function devFlow({ world, processes, clusters }: DevFlowWorld): void {
  let dataDir: string;
  let dev: DevProcess;

  beforeAll(async () => {
    dataDir = freshDataFolder();
    dev = await startDev(dataDir, world, ['--clusters', String(clusters)]);
  }, 900_000);

  afterAll(async () => {
    await dev?.interrupt();
    removeDataFolder(dataDir);
  }, 60_000);

  /** The shell block under a heading of the README, made to speak to this `dev` instead of the one on port 8080. */
  function readmeBlock(heading: string): string {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const block = readme.split(`## ${heading}\n`)[1]?.split('```sh\n')[1]?.split('```')[0];
    if (block === undefined) throw new Error(`README.md has no shell block under "${heading}"`);
    return block
      .replaceAll('http://127.0.0.1:8080', dev.file.managerUrl)
      .replaceAll('.kubenova/admin.token', dev.file.tokenFile)
      .replaceAll('acme.kubeconfig', join(dataDir, 'acme.kubeconfig'))
      .replaceAll(/^kubectl /gm, `${dev.file.kubectl} `);
  }

  /** Every process that the dev file names and that still runs. */
  function alive(pids: Record<string, number>): string[] {
    return Object.entries(pids)
      .filter(([, pid]) => existsSync(`/proc/${pid}`))
      .map(([name]) => name);
  }

  function frontendOf(process: DevProcess) {
    const api = createClient({ managerUrl: process.file.managerUrl, token: process.file.token });
    return api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/status', {
      params: { path: frontend },
    });
  }

  describe('kubenova dev', () => {
    it('writes dev.json for its owner only, and says where to go and what is true', () => {
      expect(statSync(join(dataDir, 'dev.json')).mode & 0o777).toBe(0o600);
      expect(Object.keys(dev.file)).toEqual(
        expect.arrayContaining(['managerUrl', 'token', 'tokenFile', 'world', 'kubectl', 'clusters', 'pids']),
      );
      expect(dev.output()).toContain(dev.file.managerUrl);
      expect(dev.file.clusters.map(({ name }) => name)).toEqual(
        Array.from({ length: clusters }, (_, index) => `dev-${index + 1}`),
      );
      expect(dev.output()).toMatch(/Capsule (true|stand-in), capsule-proxy (true|stand-in), KubeVela (true|stand-in)/);
      expect(dev.output()).not.toContain(dev.file.token);
    });

    it('signs its account in, by the plain address and by the one with TLS, and tells no password', async () => {
      const { account, managerUrl, issuerUrl, issuerCaFile } = dev.file;
      expect(statSync(account.passwordFile).mode & 0o777).toBe(0o600);
      const password = readFileSync(account.passwordFile, 'utf8').trim();
      expect(password.length).toBeGreaterThan(16);
      expect(JSON.stringify(dev.file)).not.toContain(password);
      expect(dev.output()).not.toContain(password);
      for (const [server, ca] of [
        [managerUrl, []],
        [issuerUrl, ['--ca-file', issuerCaFile]],
      ] as const) {
        const environment = { ...process.env, KUBENOVA_CONFIG: join(dataDir, 'session'), BROWSER: 'none' };
        const command = [join(root, 'kubenova'), 'login', '--server', server, ...ca];
        const login = spawn(command[0] ?? '', command.slice(1), {
          env: environment,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        const ended = new Promise<number | null>((resolve) => login.once('close', resolve));
        let told = '';
        login.stderr.on('data', (chunk: Buffer) => {
          told += chunk.toString();
        });
        const shown = await waitFor({
          what: 'the address to open',
          timeoutMs: 20_000,
          giveUp: () => {
            if (login.exitCode !== null) throw new Error(told);
          },
          look: () => /(https?:\/\/\S+\/oidc\/auth\S+)/.exec(told)?.[1],
        });
        // This browser knows no certificate of dev's, as people's do not: it takes the plain address of the same Manager.
        const browser = createBrowser(managerUrl);
        const page = await browser.visit(shown.replace(issuerUrl, managerUrl));
        const back = await browser.submit(page, { name: account.name, password, do: 'login' });
        expect((await fetch(back.url)).status).toBe(200);
        expect(await ended, told).toBe(0);
        const who = await promisify(execFile)(join(root, 'kubenova'), ['whoami', '-o', 'json'], { env: environment });
        expect(JSON.parse(who.stdout)).toMatchObject({ subject: 'account:admin', grants: [{ role: 'admin' }] });
        await promisify(execFile)(join(root, 'kubenova'), ['logout'], { env: environment });
      }
    }, 90_000);

    it('does what the README says', async () => {
      const script = `set -euo pipefail\n${readmeBlock('First steps')}`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: dataDir });
      expect(stdout).toContain('"phase":"Running"');
      expect(stdout).toContain('tn-acme-shop-app-frontend');
      expect(stdout).toContain('tn-acme-shop-sbx-001');
      expect(stdout).not.toContain('"code":"KN-');
    });

    it('walks a newcomer through the main job', async () => {
      const { stdout } = await promisify(execFile)(join(root, 'kubenova'), ['demo', '--data', dataDir, '--fast']);
      for (const heading of ['1. A tenant', '2. An app', '3. A sandbox', '4. kubectl for', '5. An upgrade']) {
        expect(stdout).toContain(heading);
      }
      expect(stdout).toContain('is forbidden');
      expect(stdout).toContain('That was the main job.');
      expect(stdout).not.toContain(dev.file.token);
    });

    it('refuses a second start on the same data, and a port that is taken', async () => {
      const again = await promisify(execFile)(join(root, 'kubenova'), [
        'dev',
        '--world',
        world,
        '--data',
        dataDir,
      ]).catch((error) => error);
      expect(again.code).toBe(1);
      expect(again.stderr).toContain('name another folder with --data');
      const other = freshDataFolder();
      const port = new URL(dev.file.managerUrl).port;
      const taken = await promisify(execFile)(join(root, 'kubenova'), [
        'dev',
        '--world',
        world,
        '--data',
        other,
        '--port',
        port,
      ]).catch((error) => error);
      removeDataFolder(other);
      expect(taken.stderr).toContain(`port ${port} is taken`);
    });

    it('stops everything at Ctrl-C, keeps the data and resumes', async () => {
      const before = dev.file;
      expect(alive(before.pids).length).toBeGreaterThanOrEqual(processes);
      expect(await dev.interrupt()).toBe(0);
      expect(alive(before.pids)).toEqual([]);
      expect(existsSync(join(dataDir, 'dev.json'))).toBe(false);

      dev = await startDev(dataDir, world);
      expect(dev.file.token).toBe(before.token);
      expect(dev.file.clusters).toEqual(before.clusters);
      const status = await waitFor({
        what: 'the App to run again',
        timeoutMs: 60_000,
        look: async () => {
          const { data } = await frontendOf(dev);
          return data?.phase === 'Running' ? data : undefined;
        },
      });
      expect(status.revision).toBe(1);
      const cluster = dev.file.clusters[0];
      const admin = kubectlWith(dev.file.kubectl, dataDir, 'resumed', readFileSync(cluster?.kubeconfig ?? '', 'utf8'));
      const namespaces = await admin('get', 'namespaces', '-l', 'app.kubernetes.io/managed-by=kubenova', '-o', 'name');
      expect(namespaces.stdout).toContain('namespace/tn-acme-shop-app-frontend');
    }, 300_000);

    it('leaves nothing running when it is killed', async () => {
      const { pids } = dev.file;
      process.kill(pids.dev ?? 0, 'SIGKILL');
      await waitFor({
        what: 'everything to be gone',
        timeoutMs: 30_000,
        look: () => (alive(pids).length === 0 && postgresOf(dataDir) === undefined ? true : undefined),
      }).catch((error: Error) => {
        throw new Error(`${error.message} Still there: ${alive(pids).join(', ')} ${postgresOf(dataDir) ?? ''}`);
      });
    });
  });
}

/** The process number of the embedded Postgres, while it runs; it is a child of the Manager and so not in dev.json. */
function postgresOf(folder: string): number | undefined {
  const file = join(folder, 'manager', 'postgres', 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return existsSync(`/proc/${pid}`) ? pid : undefined;
}
