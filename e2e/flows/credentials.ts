/**
 * kubectl as people have it: `kubenova kubeconfig` once, and from then on the exec plugin asks for tokens of minutes,
 * through both clusters' capsule-proxies, for a whole tenant and for one project; tokens that hold for pipelines; and a
 * cluster that does not trust KubeNova's issuer. The steps build on each other.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevFile } from '../../packages/cli/dev/data-folder.ts';
import { type DevProcess, freshDataFolder, removeDataFolder, startDev } from './dev-process.ts';
import type { KubectlResult } from './kubectl.ts';

const launcher = join(import.meta.dirname, '..', '..', 'kubenova');
const SHOP = 'tn-acme-shop-app-web';
const BLOG = 'tn-acme-blog-app-web';
const SANDBOX = 'tn-acme-shop-sbx-001';
const NEAR = 'dev-1';
/** What kubectl makes of capsule-proxy's answer to a token that is not good: 403, and no text that it can read. */
const BAD_TOKEN = /cannot authenticate the token|\(Forbidden\): unknown/;

/** Somebody at a machine of their own: an empty home, and a token in the environment. */
interface Person {
  /** Runs `./kubenova`. */
  kubenova(...args: string[]): Promise<KubectlResult>;
  /** Runs kubectl on the kubeconfig in the person's home. */
  kubectl(...args: string[]): Promise<KubectlResult>;
  /** Folder of the plugin's cache. */
  readonly cache: string;
  readonly home: string;
}

/**
 * Registers the flow's tests.
 *
 * @param clusters with one, both of the flow's clusters are the same
 */
export function credentials(world: DevFile['world'], clusters: 1 | 2): void {
  const FAR = clusters === 2 ? 'dev-2' : NEAR;
  const both = [...new Set([NEAR, FAR])];
  /** The sandbox is on one of the clusters. */
  const namespacesOn = (cluster: string, ...apps: string[]) =>
    [...apps, ...(cluster === NEAR ? [SANDBOX] : [])].map((name) => `namespace/${name}`);
  let dataDir: string;
  let dev: DevProcess;
  let api: KubeNovaClient;
  let owner: Person;
  let member: Person;
  /** A token for the near cluster that ends within the minute. */
  let ending: { token: string; expiresAt: string };
  let mintedBefore: number;

  /** The answer's data, or a failure that shows the problem. */
  function ok<T>(answer: { data?: T; error?: unknown; response: Response }): T {
    if (answer.data === undefined) {
      throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
    }
    return answer.data;
  }

  function must(result: KubectlResult): string {
    expect(result.code, result.stderr).toBe(0);
    return result.stdout;
  }

  const names = (text: string) => text.trim().split('\n').sort();

  function personWith(name: string, token: string): Person {
    const home = join(dataDir, `home-${name}`);
    mkdirSync(home, { recursive: true });
    const environment = {
      PATH: process.env.PATH ?? '',
      HOME: home,
      KUBENOVA_SERVER: dev.file.managerUrl,
      KUBENOVA_TOKEN: token,
    };
    const run = (program: string, args: readonly string[], extra: Record<string, string> = {}) =>
      new Promise<KubectlResult>((resolve) => {
        // Nobody is there to be asked: stdin is no terminal.
        execFile(program, args, { env: { ...environment, ...extra }, timeout: 60_000 }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
        });
      });
    return {
      home,
      cache: join(home, '.config', 'kubenova', 'kubectl-tokens'),
      kubenova: (...args) => run(launcher, args),
      kubectl: (...args) => run(dev.file.kubectl, args, { KUBECONFIG: join(home, 'kubeconfig') }),
    };
  }

  type MemberRole = 'tenantOwner' | 'projectDev' | 'readOnly';

  async function tokenOf(name: string, role: MemberRole, project?: string, ttlSeconds = 3600) {
    const scope = { tenant: 'acme', project };
    return ok(await api.POST('/api/v1/tokens', { body: { name, role, scope, ttlSeconds } }));
  }

  async function mints(): Promise<number> {
    const query = { operation: 'createKubernetesToken', limit: 200 };
    return ok(await api.GET('/api/v1/audit', { params: { query } })).items.length;
  }

  beforeAll(async () => {
    dataDir = freshDataFolder();
    dev = await startDev(dataDir, world, ['--clusters', String(clusters)]);
    api = createClient({ managerUrl: dev.file.managerUrl, token: dev.file.token });
    ok(await api.POST('/api/v1/tenants', { body: { name: 'acme' } }));
    const query = { wait: '60s' };
    for (const name of ['shop', 'blog']) {
      const path = { tenant: 'acme' };
      ok(await api.POST('/api/v1/tenants/{tenant}/projects', { params: { path }, body: { name } }));
    }
    for (const cluster of both) {
      const placement = { cluster, tenant: 'acme' };
      const place = '/api/v1/clusters/{cluster}/tenants/{tenant}';
      ok(await api.PUT(place, { params: { path: placement, query }, body: {} }));
      for (const project of ['shop', 'blog']) {
        const app = ok(
          await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
            params: { path: { ...placement, project }, query },
            body: {
              name: 'web',
              source: {
                kind: 'containerImage',
                containerImage: { image: 'docker.io/library/nginx', tag: '1.27.1', ports: [80] },
              },
            },
          }),
        );
        expect(app.status.phase).toBe('Running');
      }
    }
    const sandbox = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox';
    const path = { cluster: NEAR, tenant: 'acme', project: 'shop' };
    ok(await api.POST(sandbox, { params: { path, query }, body: {} }));
    owner = personWith('owner', (await tokenOf('owner', 'tenantOwner')).token);
    member = personWith('member', (await tokenOf('member', 'projectDev', 'shop')).token);
    const brief = (await tokenOf('brief', 'tenantOwner', undefined, 60)).token;
    ending = ok(
      await createClient({ managerUrl: dev.file.managerUrl, token: brief }).POST(
        '/api/v1/tenants/{tenant}/kubernetes-token',
        { params: { path: { tenant: 'acme' } }, body: { cluster: NEAR, ttlSeconds: 900 } },
      ),
    );
    mintedBefore = await mints();
  }, 900_000);

  afterAll(async () => {
    await dev?.interrupt();
    removeDataFolder(dataDir);
  }, 60_000);

  describe('an owner, with one kubeconfig for both clusters', () => {
    it('has it written once, and it holds no secret', async () => {
      must(await owner.kubenova('kubeconfig', '-o', join(owner.home, 'kubeconfig')));
      const text = readFileSync(join(owner.home, 'kubeconfig'), 'utf8');
      expect(text).not.toMatch(/kn_|eyJ|token:/);
      const contexts = must(await owner.kubectl('config', 'get-contexts', '-o', 'name'));
      expect(names(contexts)).toEqual(both.map((cluster) => `acme@${cluster}`));
    });

    it('sees the tenant on each, reads and executes', async () => {
      for (const cluster of both) {
        const seen = must(await owner.kubectl('--context', `acme@${cluster}`, 'get', 'namespaces', '-o', 'name'));
        expect(names(seen)).toEqual(namespacesOn(cluster, BLOG, SHOP));
      }
      const everywhere = must(await owner.kubectl('get', 'pods', '-A', '-o', 'name'));
      expect(names(everywhere)).toHaveLength(2);
      for (const context of both.map((cluster) => `acme@${cluster}`)) {
        const [pod = ''] = names(
          must(await owner.kubectl('--context', context, 'get', 'pods', '-n', SHOP, '-o', 'name')),
        );
        const said = must(await owner.kubectl('--context', context, 'exec', '-n', SHOP, pod, '--', 'echo', 'within'));
        expect(said.length).toBeGreaterThan(0);
      }
    });

    it('asks the Manager for a token once, and then uses it until it ends', async () => {
      const before = await mints();
      expect(before - mintedBefore).toBe(both.length);
      for (let call = 0; call < 3; call += 1) must(await owner.kubectl('get', 'pods', '-n', SHOP));
      expect(await mints()).toBe(before);
    });

    it('starts anew with another kubeconfig when a cluster does not accept the token any more', async () => {
      for (const name of readdirSync(owner.cache)) {
        const file = join(owner.cache, name);
        const cached = JSON.parse(readFileSync(file, 'utf8'));
        const [head, claims] = cached.token.split('.');
        writeFileSync(file, JSON.stringify({ ...cached, token: `${head}.${claims}.${'A'.repeat(86)}` }));
      }
      const refused = await owner.kubectl('get', 'pods', '-n', SHOP);
      expect(refused.stderr).toMatch(BAD_TOKEN);
      must(await owner.kubenova('kubeconfig', '--merge', '-o', join(owner.home, 'kubeconfig')));
      must(await owner.kubectl('get', 'pods', '-n', SHOP));
    });
  });

  describe('a member of one project', () => {
    beforeAll(async () => {
      must(await member.kubenova('kubeconfig', '-o', join(member.home, 'kubeconfig')));
    });

    it('sees the namespaces of that project alone', async () => {
      const near = must(await member.kubectl('get', 'namespaces', '-o', 'name'));
      expect(names(near)).toEqual(namespacesOn(NEAR, SHOP));
      expect((await member.kubectl('get', 'namespace', BLOG)).code).not.toBe(0);
    });

    it('reads and executes there, and nowhere else', async () => {
      must(await member.kubectl('get', 'deployments', '-n', SHOP));
      const said = must(await member.kubectl('exec', '-n', SHOP, 'deploy/web', '--', 'echo', 'within'));
      expect(said.length).toBeGreaterThan(0);
      const foreign = await member.kubectl('get', 'pods', '-n', BLOG);
      expect(foreign.stderr).toMatch(/forbidden/i);
      expect(must(await member.kubectl('get', 'pods', '-A', '-o', 'name'))).toBe('');
    });

    it('edits the sandbox of the project, Secrets too', async () => {
      must(await member.kubectl('create', 'secret', 'generic', 'own', '--from-literal=a=b', '-n', SANDBOX));
      must(await member.kubectl('get', 'secret', 'own', '-n', SANDBOX));
      expect((await member.kubectl('get', 'secrets', '-n', SHOP)).stderr).toMatch(/forbidden/i);
    });
  });

  it('a kubeconfig of a sandbox stands in it', async () => {
    const sandbox = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox/{sandbox}/kubeconfig';
    const path = { cluster: NEAR, tenant: 'acme', project: 'shop', sandbox: 'sbx-001' };
    const issued = ok(await api.POST(sandbox, { params: { path }, body: {} }));
    const anybody = personWith('sandbox', 'unused');
    writeFileSync(join(anybody.home, 'kubeconfig'), issued.kubeconfig, { mode: 0o600 });
    must(await anybody.kubectl('create', 'configmap', 'here', '--from-literal=a=b'));
    expect(must(await owner.kubectl('get', 'configmap', 'here', '-n', SANDBOX, '-o', 'name'))).toContain('here');
  });

  it('a pipeline without kubenova uses a kubeconfig that holds a token, and ends', async () => {
    const file = join(owner.home, 'ci.kubeconfig');
    const args = ['--tenant', 'acme', '--cluster', NEAR, '--project', 'shop', '--role', 'readOnly'];
    const written = await owner.kubenova('kubeconfig', '--mode', 'token', '--ttl', '300', ...args, '-o', file);
    must(written);
    expect(written.stderr).toMatch(/until \d{4}-/);
    const pipeline = personWith('pipeline', 'unused');
    writeFileSync(join(pipeline.home, 'kubeconfig'), readFileSync(file));
    must(await pipeline.kubectl('get', 'pods', '-n', SHOP));
    const refused = await pipeline.kubectl('create', 'configmap', 'no', '--from-literal=a=b', '-n', SANDBOX);
    expect(refused.stderr).toMatch(/forbidden/i);
  });

  it('whoever loses the role is refused the next token, told why, and the old one is forgotten', async () => {
    const given = await tokenOf('leaver', 'readOnly');
    const leaver = personWith('leaver', given.token);
    must(await leaver.kubenova('kubeconfig', '-o', join(leaver.home, 'kubeconfig')));
    must(await leaver.kubectl('get', 'pods', '-n', SHOP));
    await api.DELETE('/api/v1/tokens/{token}', { params: { path: { token: given.id } } });
    const [file = ''] = readdirSync(leaver.cache);
    const cached = JSON.parse(readFileSync(join(leaver.cache, file), 'utf8'));
    // As it is when its end is near.
    const ending = { ...cached, expiresAt: new Date(Date.now() + 10_000).toISOString() };
    writeFileSync(join(leaver.cache, file), JSON.stringify(ending));
    const refused = await leaver.kubectl('get', 'pods', '-n', SHOP);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`kubenova login --server ${dev.file.managerUrl}`);
    expect(readdirSync(leaver.cache)).toEqual([]);
  });

  describe('on a cluster that does not trust the issuer', () => {
    const whoami = async () =>
      JSON.parse(must(await member.kubectl('--context', `acme@${FAR}`, 'auth', 'whoami', '-o', 'json'))).status
        .userInfo;

    async function change(auth: 'oidc' | 'serviceAccount') {
      const file = dev.file.clusters.find(({ name }) => name === FAR)?.kubeconfig ?? '';
      const kubeconfig = readFileSync(file).toString('base64');
      const params = { path: { cluster: FAR }, query: { wait: '60s' } };
      const cluster = ok(await api.PATCH('/api/v1/clusters/{cluster}', { params, body: { auth, kubeconfig } }));
      expect(cluster.status.phase, JSON.stringify(cluster.status.conditions)).toBe('Ready');
    }

    it('a member comes as a ServiceAccount, and sees and may do the same', async () => {
      await change('serviceAccount');
      // Tokens of the issuer that are out already end by themselves.
      must(await member.kubenova('kubeconfig', '--merge', '-o', join(member.home, 'kubeconfig')));
      await waitFor({
        what: 'the accounts and the bindings of people',
        timeoutMs: 30_000,
        look: async () => {
          const { code, stdout } = await member.kubectl('--context', `acme@${FAR}`, 'get', 'ns', '-o', 'name');
          return (code === 0 && names(stdout).join() === namespacesOn(FAR, SHOP).join()) || undefined;
        },
      });
      expect(await whoami()).toMatchObject({
        username: 'system:serviceaccount:kubenova-members:acme.shop.devs',
        groups: expect.arrayContaining(['system:serviceaccounts:kubenova-members']),
      });
      must(await member.kubectl('--context', `acme@${FAR}`, 'get', 'pods', '-n', SHOP));
      must(await member.kubectl('--context', `acme@${FAR}`, 'exec', '-n', SHOP, 'deploy/web', '--', 'echo', 'within'));
      const foreign = await member.kubectl('--context', `acme@${FAR}`, 'get', 'pods', '-n', BLOG);
      expect(foreign.stderr).toMatch(/forbidden/i);
      expect(must(await member.kubectl('--context', `acme@${FAR}`, 'get', 'pods', '-A', '-o', 'name'))).toBe('');
    });

    it('the accounts go, and their tokens with them, when the cluster trusts the issuer again', async () => {
      await change('oidc');
      await waitFor({
        what: 'the token of the account to be refused',
        timeoutMs: 30_000,
        look: async () => {
          const { stderr } = await member.kubectl('--context', `acme@${FAR}`, 'get', 'pods', '-n', SHOP);
          return BAD_TOKEN.test(stderr) || undefined;
        },
      });
      must(await member.kubenova('kubeconfig', '--merge', '-o', join(member.home, 'kubeconfig')));
      must(await member.kubectl('--context', `acme@${FAR}`, 'get', 'pods', '-n', SHOP));
      expect((await whoami()).username).toMatch(/^kubenova:token:member:/);
    });
  });

  it('a token that has ended is renewed without a word', async () => {
    must(await owner.kubectl('get', 'pods', '-n', SHOP));
    // The token that ends takes the place of the one that the plugin has just got.
    const files = readdirSync(owner.cache).map((name) => join(owner.cache, name));
    const isNear = (file: string) => decodeJwt(JSON.parse(readFileSync(file, 'utf8')).token).aud === `kubenova:${NEAR}`;
    const [cached = ''] = files.filter(isNear);
    writeFileSync(cached, JSON.stringify(ending));
    const bearer = personWith('bearer', 'unused');
    const body = { clusters: [NEAR] };
    const issued = ok(
      await api.POST('/api/v1/tenants/{tenant}/kubeconfig', { params: { path: { tenant: 'acme' } }, body }),
    );
    const held = issued.kubeconfig.replace(/token: \S+/, `token: ${ending.token}`);
    writeFileSync(join(bearer.home, 'kubeconfig'), held, { mode: 0o600 });
    await waitFor({
      what: 'the token to have ended',
      timeoutMs: 90_000,
      everyMs: 1_000,
      look: async () => BAD_TOKEN.test((await bearer.kubectl('get', 'pods', '-n', SHOP)).stderr) || undefined,
    });
    const before = await mints();
    must(await owner.kubectl('get', 'pods', '-n', SHOP));
    expect(await mints()).toBe(before + 1);
  }, 120_000);
}
