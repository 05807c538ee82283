/** One run of one case: its namespaces, its names, and what it leaves behind. */
import { randomBytes } from 'node:crypto';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import type { Body, Case, RawRequest, Scope, World } from './case.ts';
import type { Goldens } from './golden.ts';
import type { Issuer } from './issuer.ts';
import type { Kubectl } from './kubectl.ts';
import type { Wire } from './wire.ts';

/** What all cases of a run share. */
export interface Run {
  readonly world: World;
  readonly admin: KubeClient;
  readonly wire: Wire;
  readonly kubectl: Kubectl;
  readonly goldens: Goldens;
  readonly issuer: Issuer | undefined;
  /** Namespaces that cases have left; see `endRun`. */
  readonly left: string[];
}

export interface OpenScope extends Scope {
  /** Takes away what the case kept; resolves without waiting for the cluster to finish it. */
  close(): Promise<void>;
}

/** Opens a scope with its namespace. */
export async function openScope(run: Run, one: Case): Promise<OpenScope> {
  const { world, admin, wire, kubectl, goldens, issuer } = run;
  const unique = `u${randomBytes(4).toString('hex')}`;
  const ns = `conf-${unique}`;
  const kept: string[] = [];

  const fill = (text: string) => text.replaceAll('{ns}', ns).replaceAll('{u}', unique);
  const filled = (request: RawRequest): RawRequest => {
    const { body } = request;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { ...request, path: fill(request.path), ...(body !== undefined && { body: fill(text) }) };
  };

  async function openNamespace(name: string, labels: Record<string, string>): Promise<string> {
    run.left.push(name);
    await scope.do({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name, labels } } });
    // Controllers put these into every namespace; a case that looks at all that is there must not be surprised by them.
    for (const path of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt']) {
      await scope.until(`${path} of ${name}`, async () => {
        const { code } = await wire.send({ method: 'GET', path: `/api/v1/namespaces/${name}/${path}` });
        return code === 200;
      });
    }
    return name;
  }

  const scope: OpenScope = {
    world,
    admin,
    unique,
    ns,
    as: ({ user, groups }) => admin.impersonate({ username: user, groups }),
    send: (request) => wire.send(filled(request)),
    async do(request) {
      const answer = await scope.send(request);
      if (answer.code > 299) {
        throw new Error(`${request.method} ${request.path}: ${answer.code} ${JSON.stringify(answer.body)}`);
      }
      return answer.body;
    },
    watch: (path) => wire.watch({ path: fill(path) }),
    kubectl: (words, options = {}) =>
      kubectl.run(ns, words.map(fill), {
        ...options,
        ...(options.input !== undefined && { input: fill(options.input) }),
      }),
    async run(words, options) {
      const { code, stdout, stderr } = await scope.kubectl(words, options);
      if (code !== 0) throw new Error(`kubectl ${words.join(' ')}: ${stderr}`);
      return stdout;
    },
    namespace: (suffix, labels = {}) => openNamespace(`${ns}-${suffix}`, labels),
    async until(what, look, everyMs = world.name === 'sim' ? 5 : 50) {
      const timeoutMs = world.name === 'sim' ? 20_000 : 120_000;
      const found = await waitFor({
        what,
        timeoutMs,
        everyMs,
        look: async () => (await look()) || undefined,
      });
      // `waitFor` resolves with what `look` gave, which is neither undefined nor false here.
      return found as Exclude<Awaited<ReturnType<typeof look>>, false | undefined>;
    },
    keep: (path) => void kept.push(fill(path)),
    golden(value) {
      goldens.check(one.id, value, [
        [ns, '{ns}'],
        [unique, '{u}'],
      ]);
    },
    idToken(claims) {
      if (issuer === undefined) throw new Error('The cluster trusts no issuer.');
      return issuer.sign(claims);
    },
    async close() {
      for (const path of kept.reverse()) await remove(wire, path);
    },
  };

  await openNamespace(ns, {});
  return scope;
}

/**
 * Takes the namespaces of all cases away, where the cluster outlives the run. Not earlier: a controller that takes
 * hundreds of namespaces apart has no time for the one that a case waits for.
 */
export async function endRun({ world, wire, left }: Run): Promise<void> {
  if (world.name !== 'kubeconfig') return;
  for (const name of left) await remove(wire, `/api/v1/namespaces/${name}`);
}

async function remove(wire: Wire, path: string): Promise<void> {
  const gone: Body = await wire.send({ method: 'DELETE', path });
  if (gone.code === 404 || gone.body?.metadata?.finalizers === undefined) return;
  await wire.send({
    method: 'PATCH',
    path,
    contentType: 'application/merge-patch+json',
    body: { metadata: { finalizers: null } },
  });
}
