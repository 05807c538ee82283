/**
 * The real kubectl through capsule-proxy, as people use it: what it shows, what it runs, and what selectors and watches
 * never bring in. Selectors are made up at random; the seed is printed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { kubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oddLists } from './odd-lists.ts';
import { type PersonName, people, personNames } from './people.ts';
import type { Opened } from './proofs.ts';
import { objectsOf, openSender, type Sender } from './requests.ts';

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const APP = 'tn-acme-shop-app-web';
const BLOG = 'tn-acme-blog-app-press';
const SANDBOX = 'tn-acme-shop-sbx-001';
const FOREIGN_APP = 'tn-globex-shop-app-web';
const FOREIGN_SANDBOX = 'tn-globex-shop-sbx-001';
/** Made and deleted again while somebody watches. */
const LATE = 'tn-globex-access-late';
/** Of acme, whose people see all of them; its projects' people see those of the project. */
const visible: Readonly<Record<PersonName, readonly string[]>> = {
  'acme-devs': [BLOG, APP, SANDBOX],
  'acme-viewers': [BLOG, APP, SANDBOX],
  'globex-devs': [FOREIGN_APP, FOREIGN_SANDBOX],
  'shop-devs': [APP, SANDBOX],
  'shop-viewers': [APP, SANDBOX],
  nobody: [],
  groupless: [],
  anonymous: [],
};

export function proveKubectl(world: Opened): void {
  describe('kubectl through capsule-proxy', () => {
    let home: string;
    let sender: Sender;
    const files = new Map<PersonName, string>();

    beforeAll(() => {
      home = mkdtempSync(path.join(tmpdir(), 'kubenova-access-kubectl-'));
      sender = openSender(world());
      const { url, ca } = world().servers['capsule-proxy'];
      for (const person of personNames) {
        const token = world().tokenOf(person);
        if (token === undefined) continue;
        const file = path.join(home, `${person}.kubeconfig`);
        writeFileSync(file, kubeconfig(person, { server: url, ca, credential: { kind: 'token', token } }), {
          mode: 0o600,
        });
        files.set(person, file);
      }
    });

    afterAll(async () => {
      await sender?.close();
      rmSync(home, { recursive: true, force: true });
    });

    const environment = (person: PersonName) => ({
      PATH: process.env.PATH ?? '',
      HOME: home,
      KUBECONFIG: files.get(person) ?? '',
    });

    function kubectl(person: PersonName, ...words: string[]): Promise<Answer> {
      const limits = { env: environment(person), timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
      return new Promise((resolve) => {
        execFile(world().world.kubectl, words, limits, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
        );
      });
    }

    /** Runs until it is stopped; what it has said so far can be looked at. */
    function started(person: PersonName, ...words: string[]): { child: ChildProcess; said: () => string } {
      const child = spawn(world().world.kubectl, words, {
        env: environment(person),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk) => {
          said += chunk;
        });
      }
      return { child, said: () => said };
    }

    async function stop(child: ChildProcess): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    }

    const names = (answer: Answer) =>
      answer.stdout
        .split('\n')
        .filter((line) => line !== '')
        .sort();
    const podOf = (namespace: string): string => world().pods[namespace] ?? '';

    it('get namespaces: each sees the namespaces in which something is theirs to see, and no other', async () => {
      for (const person of personNames.filter((name) => people[name].groups?.length)) {
        const answer = await kubectl(person, 'get', 'namespaces', '--output=name');
        expect(names(answer), person).toEqual(visible[person].map((name) => `namespace/${name}`).sort());
        expect(answer.code, answer.stderr).toBe(0);
      }
      const groupless = await kubectl('groupless', 'get', 'namespaces');
      expect(groupless.stderr).toContain('Forbidden');
    });

    it('get pods -A: the whole tenant’s for its people, nothing for a project’s, nothing of others for anybody', async () => {
      const seen = async (person: PersonName, ...more: string[]) => {
        const columns = '--output=custom-columns=NS:.metadata.namespace,NAME:.metadata.name';
        const answer = await kubectl(person, 'get', 'pods', '--all-namespaces', '--no-headers', columns, ...more);
        return [...new Set(names(answer).map((line) => line.split(/\s+/)[0]))];
      };
      expect(await seen('acme-devs')).toEqual([BLOG, APP, SANDBOX]);
      expect(await seen('acme-viewers')).toEqual([BLOG, APP, SANDBOX]);
      expect(await seen('globex-devs')).toEqual([FOREIGN_APP, FOREIGN_SANDBOX]);
      for (const person of ['shop-devs', 'shop-viewers', 'nobody'] as const)
        expect(await seen(person), person).toEqual([]);
      expect(await seen('acme-devs', `--field-selector=metadata.namespace=${FOREIGN_APP}`)).toEqual([]);
      expect(await seen('acme-devs', '--selector=capsule.clastix.io/managed-by=globex')).toEqual([]);
      const secrets = await kubectl('acme-devs', 'get', 'secrets', '--all-namespaces', '--output=name');
      expect(names(secrets)).toEqual([]);
    });

    it('a project’s people reach their project and not the next', async () => {
      expect((await kubectl('shop-devs', '--namespace', APP, 'get', 'pods', '--output=name')).stdout).toContain(
        'pod/web',
      );
      const next = await kubectl('shop-devs', '--namespace', BLOG, 'get', 'pods');
      expect(next.stderr).toContain('Forbidden');
      expect((await kubectl('shop-devs', 'get', 'namespace', BLOG)).stderr).toContain('NotFound');
    });

    it('get and describe of a foreign namespace find nothing, as of one that is not there', async () => {
      for (const name of [FOREIGN_APP, 'kube-system', 'not-there']) {
        const answer = await kubectl('acme-devs', 'get', 'namespace', name);
        // In whose words differs: capsule-proxy's own for one that is there, the API server's for one that is not.
        expect(answer.stderr).toMatch(/^Error from server \(NotFound\): /);
        expect(answer).toMatchObject({ code: 1, stdout: '' });
      }
      const described = await kubectl('acme-devs', '--namespace', APP, 'describe', 'pod', podOf(APP));
      expect(described.code, described.stderr).toBe(0);
      expect(described.stdout).toContain('nginx');
      const foreign = await kubectl('acme-devs', '--namespace', FOREIGN_APP, 'describe', 'pods');
      expect(`${foreign.stdout}${foreign.stderr}`).not.toContain('nginx');
    });

    it('get --raw: the rest of the server’s paths open nothing', async () => {
      const nothing = [
        '/metrics',
        '/debug/pprof/',
        '/logs/',
        '/configz',
        '/api/v1/nodes/x/proxy/pods',
        `/api/v1/namespaces/${FOREIGN_APP}/pods/${podOf(FOREIGN_APP)}/log`,
        `/api/v1/namespaces/${FOREIGN_SANDBOX}/secrets`,
        `/api/v1/namespaces/${APP}/secrets`,
        `/api/v1/namespaces/${APP}/pods/${podOf(APP)}/proxy/`,
        `/api/v1/namespaces/${APP}/services/web/proxy/`,
        '/apis/core.oam.dev/v1beta1/namespaces/tn-acme-shop-app-web/applications',
        '/api/v1/namespaces/kubenova-system/configmaps',
        '/api/v1/watch/secrets',
      ];
      for (const url of nothing) {
        const answer = await kubectl('acme-devs', 'get', '--raw', url);
        expect(answer.code, `${url}: ${answer.stdout.slice(0, 300)}`).not.toBe(0);
      }
      expect((await kubectl('acme-devs', 'get', '--raw', '/version')).stdout).toContain('gitVersion');
    });

    it('api-resources and auth can-i answer, and can-i --list agrees with what is allowed', async () => {
      const resources = await kubectl('acme-devs', 'api-resources', '--no-headers', '--output=name');
      expect(resources.code, resources.stderr).toBe(0);
      expect(names(resources)).toContain('deployments.apps');
      const list = await kubectl('acme-devs', '--namespace', APP, 'auth', 'can-i', '--list', '--no-headers');
      expect(list.code, list.stderr).toBe(0);
      expect(list.stdout).toMatch(/^pods\/exec\s.*\[create get]/m);
      expect(list.stdout).not.toMatch(/^secrets\s/m);
      expect(list.stdout).not.toMatch(/^(pods|deployments\.apps)\s.*delete/m);
      const foreign = await kubectl(
        'acme-devs',
        '--namespace',
        FOREIGN_SANDBOX,
        'auth',
        'can-i',
        '--list',
        '--no-headers',
      );
      expect(foreign.stdout).not.toMatch(/^(pods|secrets|configmaps)\s/m);
      const asks = async (...words: string[]) => (await kubectl('acme-devs', 'auth', 'can-i', ...words)).stdout.trim();
      expect(await asks('delete', 'pods', '--namespace', APP)).toBe('no');
      expect(await asks('delete', 'pods', '--namespace', SANDBOX)).toBe('yes');
      expect(await asks('get', 'secrets', '--namespace', FOREIGN_SANDBOX)).toBe('no');
      expect(await asks('list', 'namespaces')).toBe('yes');
    });

    it('exec, attach and cp run where they may: not for who only looks, and not abroad', async () => {
      const pod = podOf(APP);
      const run = (person: PersonName, namespace: string, name: string) =>
        kubectl(person, '--namespace', namespace, 'exec', name, '--', 'echo', 'from within');
      expect((await run('acme-devs', APP, pod)).stdout).toContain('from within');
      expect((await run('acme-devs', SANDBOX, 'own')).stdout).toContain('from within');
      expect((await run('shop-devs', APP, pod)).stdout).toContain('from within');
      for (const [person, namespace, name] of [
        ['acme-viewers', APP, pod],
        ['shop-viewers', SANDBOX, 'own'],
        ['globex-devs', APP, pod],
        ['nobody', APP, pod],
        ['acme-devs', FOREIGN_SANDBOX, 'own'],
        ['shop-devs', BLOG, podOf(BLOG)],
      ] as const) {
        const refused = await run(person, namespace, name);
        expect(refused.code, `${person} in ${namespace}`).not.toBe(0);
        expect(refused.stdout).not.toContain('from within');
        const copied = await kubectl(
          person,
          '--namespace',
          namespace,
          'cp',
          `${name}:/etc/hostname`,
          path.join(home, 'stolen'),
        );
        expect(copied.code).not.toBe(0);
        const attached = await kubectl(person, '--namespace', namespace, 'attach', name, '--pod-running-timeout=5s');
        expect(attached.stderr, `${person} in ${namespace}`).toMatch(/forbidden/i);
      }
      // The containers of these worlds have no tar: it comes as far as that, which is past every check of rights.
      const own = await kubectl('acme-devs', '--namespace', SANDBOX, 'cp', 'own:/etc/hostname', path.join(home, 'own'));
      expect(own.stderr).not.toMatch(/forbidden/i);
      const attach = started('acme-devs', '--namespace', APP, 'attach', pod);
      try {
        await waitFor({
          what: 'attach to begin or end',
          timeoutMs: 20_000,
          look: () => attach.said() !== '' || attach.child.exitCode !== null || undefined,
        });
        expect(attach.said()).not.toMatch(/forbidden/i);
      } finally {
        await stop(attach.child);
      }
    });

    it('logs -f follows for everybody of the tenant', async () => {
      for (const person of ['acme-devs', 'acme-viewers'] as const) {
        const follow = started(person, '--namespace', APP, 'logs', '--follow', podOf(APP));
        const ended = once(follow.child, 'exit').then(() => 'ended');
        const looked = await Promise.race([
          ended,
          sender
            .send('acme-devs', 'capsule-proxy', { method: 'GET', path: `/api/v1/namespaces/${APP}/pods` })
            .then(() => 'follows'),
        ]);
        expect(looked, follow.said()).toBe('follows');
        expect(follow.said()).not.toMatch(/forbidden/i);
        await stop(follow.child);
      }
      expect((await kubectl('globex-devs', '--namespace', APP, 'logs', podOf(APP))).stderr).toMatch(/forbidden/i);
    });

    it('port-forward listens for a developer and for nobody else', async () => {
      const viewer = await kubectl('acme-viewers', '--namespace', APP, 'port-forward', `pod/${podOf(APP)}`, ':80');
      expect(viewer.stderr).toMatch(/forbidden/i);
      // The simulator serves no port-forward: there it ends at that, which is past the rights.
      const forward = started('acme-devs', '--namespace', APP, 'port-forward', `pod/${podOf(APP)}`, ':80');
      try {
        const port = await waitFor({
          what: 'the forwarded port',
          timeoutMs: 20_000,
          look: () => /127\.0\.0\.1:(\d+) ->|not simulated/.exec(forward.said()) ?? undefined,
        });
        expect(port[0] === 'not simulated').toBe(world().world.name === 'sim');
        if (port[1] === undefined) return;
        const socket = connect(Number(port[1]), '127.0.0.1');
        await once(socket, 'connect');
        socket.destroy();
      } finally {
        await stop(forward.child);
      }
    });

    it('get --watch never tells of a foreign namespace, nor of what comes into one while it is open', async () => {
      const { admin, operator } = world();
      const namespaces = started('acme-devs', 'get', 'namespaces', '--watch', '--output=name');
      const objects = started('acme-devs', 'get', 'configmaps', '--all-namespaces', '--watch', '--output=name');
      try {
        await waitFor({
          what: 'both watches to have begun',
          timeoutMs: 30_000,
          look: () => (namespaces.said().includes(APP) && objects.said().includes('configmap/')) || undefined,
        });
        const labels = { 'capsule.clastix.io/tenant': 'globex' };
        await operator.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LATE, labels } });
        const configMap = (name: string, namespace: string) =>
          admin.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
        await configMap('late-foreign', LATE);
        await configMap('late-foreign', FOREIGN_SANDBOX);
        await configMap('late-own', SANDBOX);
        await admin.patch(
          Namespace,
          { name: SANDBOX },
          { metadata: { annotations: { 'access/late': 'yes' } } },
          { type: 'merge' },
        );
        await waitFor({
          what: 'both watches to tell of their own',
          timeoutMs: 30_000,
          look: () =>
            (objects.said().includes('late-own') && namespaces.said().split(`namespace/${SANDBOX}`).length > 2) ||
            undefined,
        });
        expect(objects.said()).not.toContain('late-foreign');
        expect(namespaces.said()).not.toMatch(/globex|kube-system|default/);
      } finally {
        await stop(namespaces.child);
        await stop(objects.child);
        await operator.delete(Namespace, { name: LATE });
        for (const [name, namespace] of [
          ['late-own', SANDBOX],
          ['late-foreign', FOREIGN_SANDBOX],
        ] as const) {
          await admin.delete(ConfigMap, { name, namespace });
        }
      }
    });

    it('no selector, path or query brings in anything foreign', async () => {
      const seed = Number(process.env.KUBENOVA_SEED ?? Date.now() % 1_000_000);
      console.log(`seed of the selectors: ${seed}`);
      await fc.assert(
        fc.asyncProperty(oddLists(), async ({ person, url }) => {
          const got = await sender.send(person, 'capsule-proxy', { method: 'GET', path: url });
          expect(got.code, got.text.slice(0, 400)).toBeLessThan(500);
          if (got.code !== 200) return;
          const found = objectsOf(got.text, got.json).map((object) => {
            const { namespace, name } = object?.metadata ?? {};
            const about = object?.involvedObject ?? object?.regarding;
            return String(about?.kind === 'Namespace' ? about.name : (namespace ?? name));
          });
          // The namespace that was made and deleted may be on its way out for a while.
          const own = [...visible[person], ...(person === 'globex-devs' ? [LATE] : [])];
          expect(
            found.filter((name) => !own.includes(name)),
            url,
          ).toEqual([]);
        }),
        { seed, numRuns: 400 },
      );
    });
  });
}
