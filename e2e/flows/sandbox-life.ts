/**
 * The life of a sandbox as a person has it, and what a tenant takes up: `./kubenova dev`, the REST API and the real
 * kubectl. The steps build on each other and run in order, the same in every world.
 *
 * A sandbox lives for five minutes at least, so its end is brought near in the database.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { Capability, Sandbox, UsageNow } from '@kubenova/knapi/schemas.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevFile } from '../../packages/cli/dev/data-folder.ts';
import { type DevProcess, freshDataFolder, removeDataFolder, startDev } from './dev-process.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';

/** Registers the flow's tests. */
export function sandboxLife(world: DevFile['world']): void {
  const cluster = 'dev-1';
  const project = { cluster, tenant: 'acme', project: 'shop' };
  const namespace = 'tn-acme-shop-sbx-001';
  const SANDBOX = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox/{sandbox}';
  const APP = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}';

  let dataDir: string;
  let dev: DevProcess;
  let api: KubeNovaClient;
  let admin: Kubectl;
  let member: Kubectl;

  /** The answer's data, or a failure that shows the problem. */
  function ok<T>(answer: { data?: T; error?: unknown; response: Response }): T {
    if (answer.data === undefined) {
      throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
    }
    return answer.data;
  }

  /** An object as the administrator sees it; undefined when it is not there. */
  async function find(...args: string[]) {
    const result = await admin('get', ...args, '-o', 'json');
    if (result.code === 0) return JSON.parse(result.stdout);
    if (result.stderr.includes('NotFound')) return undefined;
    throw new Error(result.stderr);
  }

  const until = <T>(what: string, look: () => Promise<T | undefined>): Promise<T> =>
    waitFor({ what, timeoutMs: 60_000, everyMs: 100, look });

  const sandboxOf = (sandbox: string) => api.GET(SANDBOX, { params: { path: { ...project, sandbox } } });
  const expiring = ({ status }: Sandbox) => status.conditions.find(({ type }) => type === 'Expiring')?.status;

  /** One statement in the Manager's own database, which lies in the data folder. */
  async function inDatabase(text: string, values: unknown[]): Promise<void> {
    const folder = join(dataDir, 'manager', 'postgres');
    const port = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[3]);
    const password = readFileSync(`${folder}.password`, 'utf8').trim();
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'kubenova', password, database: 'kubenova' });
    await client.connect();
    await client.query(text, values).finally(() => client.end());
  }

  /** Has a sample taken now, and waits for it. */
  async function sample(): Promise<UsageNow> {
    const { id } = ok(await api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster } } }));
    const usage = async () => {
      const path = { tenant: project.tenant, project: project.project };
      return ok(await api.GET('/api/v1/tenants/{tenant}/projects/{project}/usage', { params: { path } }));
    };
    const before = (await usage()).now[0]?.observedAt ?? '';
    await api.POST('/api/v1/queue/{key}:retry', { params: { path: { key: `usage:${id}` } } });
    return until('a sample of usage', async () => {
      const now = (await usage()).now[0];
      return now?.observedAt !== null && now !== undefined && now.observedAt > before ? now : undefined;
    });
  }

  beforeAll(async () => {
    dataDir = freshDataFolder();
    dev = await startDev(dataDir, world, ['--clusters', '1']);
    api = createClient({ managerUrl: dev.file.managerUrl, token: dev.file.token });
    const kubeconfig = readFileSync(dev.file.clusters[0]?.kubeconfig ?? '', 'utf8');
    admin = kubectlWith(dev.file.kubectl, dataDir, 'flow-admin', kubeconfig);
    const settled = { query: { wait: '60s' } };
    ok(await api.POST('/api/v1/tenants', { body: { name: 'acme' } }));
    ok(
      await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', {
        params: { path: project, ...settled },
        body: {
          quotas: { 'requests.cpu': '8', 'requests.memory': '16Gi' },
          // What is limited has to be asked for; whoever asks for nothing gets this.
          limits: [{ type: 'Container', defaultRequest: { cpu: '10m', memory: '16Mi' } }],
        },
      }),
    );
    ok(
      await api.POST('/api/v1/tenants/{tenant}/projects', {
        params: { path: project },
        body: { name: 'shop', sandboxes: { maxPerProject: 2, maxTtlSeconds: 86_400, quotas: { pods: '2' } } },
      }),
    );
    const issued = ok(
      await api.POST('/api/v1/tenants/{tenant}/kubeconfig', { params: { path: project }, body: { mode: 'token' } }),
    );
    member = kubectlWith(dev.file.kubectl, dataDir, 'flow-acme', issued.kubeconfig);
  }, 900_000);

  afterAll(async () => {
    await dev?.interrupt();
    removeDataFolder(dataDir);
  }, 60_000);

  describe('a cluster', () => {
    it('says what it can do', async () => {
      const known = await until('what was found on the cluster', async () => {
        const found = ok(await api.GET('/api/v1/clusters/{cluster}/capabilities', { params: { path: { cluster } } }));
        return found.items.every((item) => !item.required || item.ready === true) ? found : undefined;
      });
      expect(known.observedAt).not.toBeNull();
      const byName = new Map<string, Capability>(known.items.map((item) => [item.name, item]));
      expect(byName.get('kubernetes')?.version).toMatch(/^v1\.37\./);
      expect(byName.get('agent')?.version).toMatch(/^\d/);
      expect(byName.get('kyverno')).toMatchObject({ installed: false, required: false });
      expect(byName.get('metrics')).toMatchObject({ installed: false, required: false });
    });
  });

  describe('a sandbox with an end', () => {
    it('is made within the rules, limited, and warned of', async () => {
      const made = ok(
        await api.POST('/api/v1/tenants/{tenant}/sandbox', {
          params: { path: project, query: { wait: '60s' } },
          body: { cluster, project: 'shop', ttlSeconds: 300 },
        }),
      );
      expect(made).toMatchObject({ name: 'sbx-001', namespace, status: { phase: 'Ready' } });
      expect(expiring(made)).toBe('True');
      const seen = await member('get', 'namespace', namespace, '-o', 'json');
      expect(JSON.parse(seen.stdout).metadata.annotations['kubenova.io/expires-at']).toBe(made.expiresAt);
      const events = await member('get', 'events', '-n', namespace);
      expect(events.stdout).toMatch(/Warning\s+Expiring/);
      const tooLong = await api.POST('/api/v1/tenants/{tenant}/sandbox', {
        params: { path: project },
        body: { cluster, project: 'shop', ttlSeconds: 86_401 },
      });
      expect(tooLong.response.status).toBe(422);
    });

    it('holds its quota, which its people can read and not change', async () => {
      const quota = ['quota', 'kubenova-sandbox', '-n', namespace];
      expect((await member('get', ...quota)).stdout).toMatch(/pods: 0\/2/);
      for (const pod of ['one', 'two']) {
        const run = await member('run', pod, '--image=nginx', '-n', namespace);
        expect(run.code, run.stderr).toBe(0);
      }
      expect((await member('run', 'three', '--image=nginx', '-n', namespace)).stderr).toMatch(
        /exceeded quota: kubenova-sandbox/,
      );
      for (const args of [
        ['delete', ...quota],
        ['patch', ...quota, '--type=merge', '-p', '{"spec":{"hard":{"pods":"9"}}}'],
        ['create', 'quota', 'mine', '--hard=pods=9', '-n', namespace],
      ]) {
        expect((await member(...args)).stderr, args.join(' ')).toMatch(/forbidden/i);
      }
    });

    it('gets its quota back, and the quota that the rules ask for', async () => {
      const hard = async () => (await find('quota', 'kubenova-sandbox', '-n', namespace))?.spec.hard;
      await admin('delete', 'quota', 'kubenova-sandbox', '-n', namespace);
      await until('the quota to be back', async () => ((await hard())?.pods === '2' ? true : undefined));
      await admin(
        'patch',
        'quota',
        'kubenova-sandbox',
        '-n',
        namespace,
        '--type=merge',
        '-p',
        '{"spec":{"hard":{"pods":"99"}}}',
      );
      await until('the quota to be as it was', async () => ((await hard())?.pods === '2' ? true : undefined));
      ok(
        await api.PUT('/api/v1/tenants/{tenant}/projects/{project}', {
          params: { path: project },
          body: { sandboxes: { maxPerProject: 2, maxTtlSeconds: 86_400, quotas: { pods: '5', services: '1' } } },
        }),
      );
      await until('the new quota', async () => {
        const now = await hard();
        return now?.pods === '5' && now.services === '1' ? true : undefined;
      });
    });

    it('takes no KubeVela Application, from nobody', async () => {
      const application = join(dataDir, 'application.json');
      writeFileSync(
        application,
        JSON.stringify({
          apiVersion: 'core.oam.dev/v1beta1',
          kind: 'Application',
          metadata: {
            name: 'sneaky',
            namespace,
            annotations: { 'app.oam.dev/service-account-name': 'kubenova-deployer' },
          },
          spec: { components: [{ name: 'web', type: 'webservice', properties: { image: 'nginx' } }] },
        }),
      );
      expect((await member('create', '-f', application)).stderr).toMatch(/forbidden/i);
      const agent = '--as=system:serviceaccount:kubenova-system:kubenova-agent';
      const everyRight = '--as-group=system:masters';
      for (const as of [
        [],
        [everyRight, '--as=root'],
        [agent, everyRight],
        ['--as=acme-owner', '--as-group=acme-devs', everyRight],
      ]) {
        const refused = await admin('create', '-f', application, ...as);
        expect(refused.stderr, as.join(' ')).toContain('No KubeVela Application may be in a sandbox.');
      }
    });

    it('is given more time, and is not warned of any more', async () => {
      const extended = ok(
        await api.PATCH(SANDBOX, {
          params: { path: { ...project, sandbox: 'sbx-001' }, query: { wait: '60s' } },
          body: { ttlSeconds: 7_200 },
        }),
      );
      expect(expiring(extended)).toBeUndefined();
      const object = await find('namespace', namespace);
      expect(object.metadata.annotations['kubenova.io/expires-at']).toBe(extended.expiresAt);
    });

    it('is the second of two, and a third is refused', async () => {
      const ask = () =>
        api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox', {
          params: { path: project },
          body: {},
        });
      const second = ok(await ask());
      expect(second.name).toBe('sbx-002');
      // The longest life that the rules allow, since nothing was said.
      expect(second.expiresAt).not.toBeNull();
      const third = await ask();
      expect(third.response.status).toBe(409);
      const listed = ok(await api.GET('/api/v1/clusters/{cluster}/sandboxes', { params: { path: { cluster } } }));
      expect(listed.items.map(({ name }) => name)).toEqual(['sbx-001', 'sbx-002']);
    });

    it('goes at its end, with everything in it, and the audit says so', async () => {
      const { id } = ok(await sandboxOf('sbx-001'));
      await inDatabase("UPDATE sandboxes SET expires_at = now() + interval '1 second' WHERE id = $1", [id]);
      await until('the sandbox to be gone', async () =>
        (await sandboxOf(id)).response.status === 404 ? true : undefined,
      );
      expect(await find('namespace', namespace)).toBeUndefined();
      const audit = ok(await api.GET('/api/v1/audit', { params: { query: { operation: 'deleteSandbox' } } }));
      expect(audit.items.filter(({ object }) => object === `sandbox:${id}`)).toMatchObject([
        { actor: 'kubenova:expiry', outcome: 'allowed' },
      ]);
      expect((await sandboxOf('sbx-002')).response.status).toBe(200);
    });
  });

  describe('usage', () => {
    const scale = async (replicas: number, revision: number) => {
      const source = {
        kind: 'containerImage' as const,
        containerImage: {
          image: 'docker.io/library/nginx',
          tag: '1.27.1',
          replicas,
          resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        },
      };
      const path = { ...project, app: 'web' };
      if (revision === 1) {
        const apps = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps';
        ok(await api.POST(apps, { params: { path: project }, body: { name: 'web', source } }));
      } else {
        ok(await api.PUT(APP, { params: { path }, body: { source } }));
      }
      await until(`${replicas} pods to be there`, async () => {
        const pods = await find('pods', '-n', 'tn-acme-shop-app-web');
        return pods?.items.length === replicas ? true : undefined;
      });
    };

    it('is nothing before there is anything', async () => {
      const now = await sample();
      expect(now).toMatchObject({
        cluster,
        allowed: { cpu: 8, memory: 2 ** 34 },
        requested: { cpu: 0, pods: 0 },
        used: null,
      });
    });

    it('grows with an app, and shrinks with it', async () => {
      await scale(1, 1);
      expect((await sample()).requested).toMatchObject({
        cpu: 0.25,
        memory: 2 ** 26,
        'limits.memory': 2 ** 27,
        pods: 1,
      });
      await scale(3, 2);
      const grown = await sample();
      expect(grown.requested).toMatchObject({ cpu: 0.75, pods: 3, 'count/deployments.apps': 1 });
      await scale(2, 3);
      expect((await sample()).requested).toMatchObject({ cpu: 0.5, pods: 2 });
    });

    it('is kept over time, and summed up', async () => {
      const usage = ok(await api.GET('/api/v1/tenants/{tenant}/usage', { params: { path: project } }));
      expect(usage.truncated).toBe(false);
      const cpu = usage.samples.map(({ requested }) => requested.cpu ?? 0);
      expect(cpu).toEqual(expect.arrayContaining([0, 0.25, 0.75, 0.5]));
      const summary = ok(
        await api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}/summary', { params: { path: project } }),
      );
      expect(summary).toMatchObject({ tenant: 'acme', projects: 1 });
      expect(summary.clusters).toMatchObject([
        {
          cluster,
          phase: 'Ready',
          namespaces: { apps: 1, sandboxes: 1 },
          requested: { cpu: 0.5 },
          allowed: { cpu: 8 },
        },
      ]);
    });
  });

  it('a cordoned cluster takes nothing new', async () => {
    const cordoned = ok(await api.POST('/api/v1/clusters/{cluster}:cordon', { params: { path: { cluster } } }));
    expect(cordoned.cordoned).toBe(true);
    const refused = await api.POST('/api/v1/tenants/{tenant}/sandbox', {
      params: { path: project },
      body: { cluster, project: 'shop' },
    });
    expect(refused.response.status).toBe(409);
    ok(await api.POST('/api/v1/clusters/{cluster}:uncordon', { params: { path: { cluster } } }));
  });
}
