import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { writeKubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import { isAlive } from '@kubenova/testkit/process/is-alive.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Binaries, ensureBinaries } from './build.ts';
import { startChartRepository } from './chart-repository.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const minutes = 60_000;
let folder: string;
let binaries: Binaries;
let cluster: RealCluster;

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl and gives its answer, whether it succeeded or not. */
function kubectl(kubeconfig: string, words: readonly string[], input = ''): Promise<Answer> {
  return new Promise((resolve) => {
    const environment = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: kubeconfig };
    const child = execFile(cluster.kubectl, words, { env: environment }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

const admin = (...words: readonly string[]) => kubectl(cluster.adminKubeconfig, words);

function open(name: string): Promise<RealCluster> {
  return startRealCluster({ name, dataDir: path.join(folder, name), binaries, audit: 'writes', components: 'off' });
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kubenova-real-'));
  binaries = await ensureBinaries();
  cluster = await open('zone-a');
}, 20 * minutes);

afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a real cluster', () => {
  it('runs pods of a Deployment on its simulated nodes, with logs, exec and exit codes', async () => {
    await admin('create', 'namespace', 'shop');
    await admin('--namespace=shop', 'create', 'deployment', 'web', '--image=web:1', '--replicas=3');
    const wait = await admin('--namespace=shop', 'rollout', 'status', 'deployment/web', '--timeout=60s');
    expect(wait.stderr).toBe('');
    const pods = await admin('--namespace=shop', 'get', 'pods', '--output=jsonpath={.items[*].status.phase}');
    expect(pods.stdout.split(' ')).toEqual(['Running', 'Running', 'Running']);

    cluster.logFromPods('a line for the logs');
    const logs = await admin('--namespace=shop', 'logs', 'deployment/web');
    expect(logs.stdout).toContain('a line for the logs');

    const exec = await admin('--namespace=shop', 'exec', 'deployment/web', '--', 'sh', '-c', 'echo hello; exit 3');
    expect(exec).toMatchObject({ code: 3, stdout: 'hello\n' });
    const input = await kubectl(
      cluster.adminKubeconfig,
      ['--namespace=shop', 'exec', '--stdin', 'deployment/web', '--', 'cat'],
      'through the pod\n',
    );
    expect(input).toMatchObject({ code: 0, stdout: 'through the pod\n' });
  });

  it('never runs on this machine what an exec asks for', async () => {
    const canary = path.join(folder, 'canary');
    for (const words of [
      ['touch', canary],
      ['sh', '-c', `touch ${canary}`],
      ['sh', '-c', `echo $(touch ${canary}) \`touch ${canary}\` > ${canary}`],
      ['/usr/bin/env', 'touch', canary],
      ['cat', '/etc/passwd'],
    ]) {
      const answer = await admin('--namespace=shop', 'exec', 'deployment/web', '--', ...words);
      expect(answer.stdout).not.toContain('root:');
    }
    expect(existsSync(canary)).toBe(false);
  });

  it('lets nobody but the administrators of Capsule put a namespace into a tenant', async () => {
    const tenant = path.join(folder, 'tenant.json');
    writeFileSync(
      tenant,
      JSON.stringify({
        apiVersion: 'capsule.clastix.io/v1beta2',
        kind: 'Tenant',
        metadata: { name: 'acme' },
        spec: {},
      }),
    );
    expect((await admin('apply', '--filename', tenant)).stderr).toBe('');
    const namespace = (name: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { 'capsule.clastix.io/tenant': 'acme' } },
      });
    const create = async (user: string, groups: readonly string[], name: string) => {
      const kubeconfig = path.join(folder, `${user}.kubeconfig`);
      writeFileSync(kubeconfig, await cluster.kubeconfigFor(user, groups));
      return kubectl(kubeconfig, ['create', '--filename=-'], namespace(name));
    };
    const masters = await create('root', ['system:masters'], 'stolen');
    expect(masters.code).not.toBe(0);
    expect(masters.stderr).toContain('projectcapsule.dev');
    const member = await create('ann', ['kubenova-users', 'acme-devs'], 'stolen');
    expect(member.code).not.toBe(0);
    const manager = await create('manager', ['system:masters', 'kubenova-system-administrators'], 'tn-acme');
    expect(manager.stderr).toBe('');
    const owner = await admin('get', 'namespace', 'tn-acme', '--output=jsonpath={.metadata.ownerReferences[*].kind}');
    expect(owner.stdout).toBe('Tenant');
  });

  it('records writes in its audit log, and comes back after an outage with what it had', async () => {
    cluster.audit.skip();
    await admin('--namespace=shop', 'create', 'configmap', 'kept');
    const kept = cluster.audit.read().filter(({ objectRef }) => objectRef?.name === 'kept');
    expect(kept.map(({ verb, user }) => [verb, user.username])).toEqual([['create', 'kubenova-admin']]);
    await cluster.stopApiServer();
    expect((await admin('get', 'namespaces')).code).not.toBe(0);
    await cluster.startApiServer();
    expect((await admin('--namespace=shop', 'get', 'configmap', 'kept')).code).toBe(0);
    cluster.assertAlive();
  });

  it('accepts the tokens of an OIDC issuer, also of one that it is told of later', async () => {
    const authority = await createAuthority('issuer');
    const serving = await authority.issue({ commonName: 'issuer', ips: ['127.0.0.1'], uses: ['server'] });
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] };
    const issuer = createServer(serving, (request, response) => {
      const isDiscovery = request.url?.endsWith('/openid-configuration');
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(isDiscovery ? { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` } : keys));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const issuerUrl = `https://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    try {
      await cluster.configureOidc({ issuerUrl, caPem: authority.cert, audience: 'zone-a' });
      const token = await new SignJWT({ groups: ['kubenova-users', 'acme-devs'] })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(issuerUrl)
        .setAudience('zone-a')
        .setSubject('ann@example.org')
        .setExpirationTime('5m')
        .sign(privateKey);
      const kubeconfig = path.join(folder, 'oidc.kubeconfig');
      const { server, caPem: ca } = cluster;
      writeKubeconfig(kubeconfig, 'zone-a', { server, ca, credential: { kind: 'token', token } });
      const who = await waitFor({
        what: 'the API server to know the keys of the issuer',
        timeoutMs: 30_000,
        look: async () => {
          const answer = await kubectl(kubeconfig, ['auth', 'whoami', '--output=json']);
          return answer.code === 0 ? JSON.parse(answer.stdout).status.userInfo : undefined;
        },
      });
      expect(who).toMatchObject({
        username: 'ann@example.org',
        groups: ['kubenova-users', 'acme-devs', 'system:authenticated'],
      });
    } finally {
      await cluster.configureOidc(undefined);
      issuer.closeAllConnections();
      issuer.close();
    }
  });

  it('stops without leaving a process, and resumes on its data at the same address', async () => {
    const { server } = cluster;
    const pids = Object.values(cluster.pids);
    expect(pids.length).toBeGreaterThanOrEqual(6);
    await cluster.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    cluster = await open('zone-a');
    expect(cluster.server).toBe(server);
    expect((await admin('--namespace=shop', 'get', 'configmap', 'kept')).code).toBe(0);
  });

  it('leaves no process when the program that started it is killed', async () => {
    const script = path.join(folder, 'starter.ts');
    writeFileSync(
      script,
      `import { ensureBinaries } from ${JSON.stringify(path.join(import.meta.dirname, 'build.ts'))};
import { startRealCluster } from ${JSON.stringify(path.join(import.meta.dirname, 'stack', 'cluster.ts'))};
const cluster = await startRealCluster({
  name: 'zone-b',
  dataDir: ${JSON.stringify(path.join(folder, 'zone-b'))},
  binaries: await ensureBinaries(),
  components: 'off',
});
process.stdout.write(JSON.stringify(Object.values(cluster.pids)) + '\\n');
setInterval(() => undefined, 1000);
`,
    );
    const starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(starter.stdout, 'data')) as [Buffer];
    const pids: number[] = JSON.parse(line.toString());
    expect(pids.filter(isAlive)).toEqual(pids);
    starter.kill('SIGKILL');
    await waitFor({
      what: 'the watchdog to clear up',
      timeoutMs: 10_000,
      look: () => pids.filter(isAlive).length === 0 || undefined,
    });
  });
});

describe('the chart repository', () => {
  it('serves both versions of podinfo, to those with the credential', async () => {
    const { current, older } = binaries.podinfoCharts;
    const repository = await startChartRepository({
      helm: binaries.helm,
      charts: [current, older],
      credential: { username: 'charts', password: 'secret' },
    });
    try {
      expect((await fetch(`${repository.url}/index.yaml`)).status).toBe(401);
      const authorization = `Basic ${btoa('charts:secret')}`;
      const index = await fetch(`${repository.url}/index.yaml`, { headers: { authorization } });
      const text = await index.text();
      expect(text).toContain('version: 6.9.2');
      expect(text).toContain('podinfo-1.7.0.tgz');
      const archive = await fetch(`${repository.url}/podinfo-6.9.2.tgz`, { headers: { authorization } });
      expect(archive.status).toBe(200);
      expect(repository.requests.map(({ status }) => status)).toEqual([401, 200, 200]);
    } finally {
      await repository.stop();
    }
  });
});
