/**
 * Policies as their administrator and a tenant's people have them: `./kubenova dev`, the REST API and the real kubectl. A
 * set is made, holds in the sandbox and for an App, is changed, goes with a plan, and is told where it is not in force.
 */
import { readFileSync } from 'node:fs';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevFile } from '../../packages/cli/dev/data-folder.ts';
import { type DevProcess, freshDataFolder, removeDataFolder, startDev } from './dev-process.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';

/** Registers the flow's tests. */
export function policies(world: DevFile['world']): void {
  const project = { cluster: 'dev-1', tenant: 'acme', project: 'shop' };
  const namespace = 'tn-acme-shop-sbx-001';
  const SETS = '/api/v1/clusters/{cluster}/tenants/{tenant}/policysets';
  const settled = { query: { wait: '60s' } };

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

  const until = <T>(what: string, look: () => Promise<T | undefined>): Promise<T> =>
    waitFor({ what, timeoutMs: 60_000, everyMs: 100, look });

  /** What a member is told who would run an image; nothing when they may. */
  const refused = async (image: string): Promise<string | undefined> => {
    const run = await member('run', 'try', `--image=${image}`, '-n', namespace, '--dry-run=server');
    return run.code === 0 ? undefined : run.stderr;
  };
  const ready = async () => {
    const placement = ok(await api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}', { params: { path: project } }));
    return placement.status.conditions.find(({ type }) => type === 'PoliciesReady');
  };

  beforeAll(async () => {
    dataDir = freshDataFolder();
    dev = await startDev(dataDir, world, ['--clusters', '1']);
    api = createClient({ managerUrl: dev.file.managerUrl, token: dev.file.token });
    const kubeconfig = readFileSync(dev.file.clusters[0]?.kubeconfig ?? '', 'utf8');
    admin = kubectlWith(dev.file.kubectl, dataDir, 'flow-admin', kubeconfig);
    ok(await api.POST('/api/v1/tenants', { body: { name: 'acme' } }));
    ok(
      await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', { params: { path: project, ...settled }, body: {} }),
    );
    ok(await api.POST('/api/v1/tenants/{tenant}/projects', { params: { path: project }, body: { name: 'shop' } }));
    ok(
      await api.POST('/api/v1/tenants/{tenant}/sandbox', {
        params: { path: project, ...settled },
        body: { cluster: project.cluster, project: 'shop' },
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

  describe('a policy set', () => {
    it('is made of what the cluster can enforce', async () => {
      const items = await until('the cluster to be known', async () => {
        const found = ok(
          await api.GET('/api/v1/clusters/{cluster}/policysets/catalog', { params: { path: project } }),
        ).items;
        return found.some(({ available }) => available) ? found : undefined;
      });
      const missing = items.filter(({ available }) => !available).map(({ type }) => type);
      expect(missing).toEqual(['kyverno']);
    });

    it('holds in the sandbox, for whom it may concern, and says what is allowed', async () => {
      expect(await refused('docker.io/library/nginx:1')).toBeUndefined();
      ok(
        await api.POST(SETS, {
          params: { path: project, ...settled },
          body: {
            name: 'images',
            policies: [{ type: 'allowed-registries', parameters: { registries: ['ghcr.io/acme'] } }],
          },
        }),
      );
      expect(await ready()).toMatchObject({ status: 'True', reason: 'InForce' });
      const told = await until('the policy to be in force', () => refused('docker.io/library/nginx:1'));
      expect(told).toContain('Images of registries that are not allowed: docker.io/library/nginx:1');
      expect(told).toContain('Allowed: ghcr.io/acme');
      expect(await refused('ghcr.io/acme/shop:1')).toBeUndefined();
      const created = await member('create', 'deployment', 'web', '--image=nginx', '-n', namespace);
      expect(created.stderr).toContain('Allowed: ghcr.io/acme');
      const byAdmin = await admin('run', 'try', '--image=nginx', '-n', namespace, '--dry-run=server');
      expect(byAdmin.stderr).toContain('Allowed: ghcr.io/acme');
    });

    it('holds for an App too', async () => {
      const image = (name: string, from: string) =>
        api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
          params: { path: project, ...settled },
          body: { name, source: { kind: 'containerImage', containerImage: { image: from, tag: '1', ports: [80] } } },
        });
      expect(ok(await image('fine', 'ghcr.io/acme/shop')).status.phase).toBe('Running');
      ok(await image('foreign', 'docker.io/library/nginx'));
      const told = await until('the App to say why it is not delivered', async () => {
        const path = { ...project, app: 'foreign' };
        const { status } = ok(
          await api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', {
            params: { path },
          }),
        );
        return status.conditions.find(({ message }) => message.includes('registries that are not allowed'));
      });
      expect(told.status).toBe('False');
      const found = await admin('get', 'deployment', 'foreign', '-n', 'tn-acme-shop-app-foreign');
      expect(found.stderr).toContain('NotFound');
    });

    it('of the plan holds beside it: what one forbids is forbidden', async () => {
      const registries = ['ghcr.io', 'docker.io'];
      ok(
        await api.PUT('/api/v1/plans/{plan}', {
          params: { path: { plan: 'strict' } },
          body: {
            spec: {
              policySets: [
                {
                  name: 'base',
                  policies: [{ type: 'allowed-registries', parameters: { registries } }, { type: 'no-latest-tag' }],
                },
              ],
            },
          },
        }),
      );
      ok(await api.PUT('/api/v1/tenants/{tenant}/plan', { params: { path: project }, body: { plan: 'strict' } }));
      await until('the plan to be in force', () => refused('ghcr.io/acme/shop'));
      expect(await refused('ghcr.io/acme/shop')).toContain('needs a tag other than latest');
      expect(await refused('docker.io/library/nginx:1')).toContain('Allowed: ghcr.io/acme.');
      expect(await refused('ghcr.io/acme/shop:1')).toBeUndefined();
    });

    it('is in force no more when it is gone, and its annotations go with it', async () => {
      const path = { ...project, policySet: 'images' };
      await api.DELETE(`${SETS}/{policySet}`, { params: { path } });
      await until('the set to be gone', async () =>
        (await refused('docker.io/library/nginx:1')) === undefined ? true : undefined,
      );
      expect(await refused('quay.io/x:1')).toContain('Allowed: docker.io, ghcr.io.');
      ok(await api.PUT('/api/v1/tenants/{tenant}/plan', { params: { path: project }, body: { plan: null } }));
      await until('no policy at all', async () => ((await refused('quay.io/x')) === undefined ? true : undefined));
      const seen = JSON.parse((await admin('get', 'namespace', namespace, '-o', 'json')).stdout);
      const left = Object.keys(seen.metadata.annotations ?? {}).filter((key) => key.startsWith('policy.kubenova.io/'));
      expect(left).toEqual([]);
    });

    it('that nothing enforces is told', async () => {
      const rules = [
        {
          name: 'by-name',
          match: { any: [{ resources: { kinds: ['ConfigMap'] } }] },
          validate: { message: 'app- comes first', pattern: { metadata: { name: 'app-*' } } },
        },
      ];
      ok(
        await api.POST(SETS, {
          params: { path: project, ...settled },
          body: { name: 'names', policies: [{ type: 'kyverno', parameters: { rules } }] },
        }),
      );
      expect(await ready()).toMatchObject({ status: 'False', reason: 'KyvernoMissing' });
    });
  });
}
