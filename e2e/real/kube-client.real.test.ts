/** The Kubernetes client, its informers and its controller runtime against a real API server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { createController } from '@kubenova/kube/controller/controller.ts';
import { runWithLease } from '@kubenova/kube/controller/leader-election.ts';
import { createResourceFinder } from '@kubenova/kube/discovery.ts';
import { exec } from '@kubenova/kube/exec.ts';
import { startInformer } from '@kubenova/kube/informer.ts';
import { SelfSubjectReview } from '@kubenova/kube/kinds/authentication.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Lease } from '@kubenova/kube/kinds/coordination.ts';
import { ConfigMap, Namespace, Pod, Secret, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { type KubeConnection, loadKubeconfigFile, parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { openPodLog } from '@kubenova/kube/logs.ts';
import { requestServiceAccountToken } from '@kubenova/kube/service-account-token.ts';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const minutes = 60_000;
const namespace = 'kube-client';
const manager = { fieldManager: 'test' };
let folder: string;
let cluster: RealCluster;
let connection: KubeConnection;
let client: KubeClient;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kubenova-client-'));
  const binaries = await ensureBinaries();
  cluster = await startRealCluster({ name: 'client', dataDir: folder, binaries, audit: 'writes', components: 'off' });
  connection = parseKubeconfig(cluster.adminKubeconfigYaml);
  client = createKubeClient(connection, { userAgent: 'kube-client-test' });
  await client.apply(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, manager);
  await waitFor({
    what: 'the default ServiceAccount',
    timeoutMs: 30_000,
    look: () => client.find(ServiceAccount, { namespace, name: 'default' }),
  });
}, 20 * minutes);

afterAll(async () => {
  await client?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const configMap = (
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels },
  data,
});

function until(what: string, condition: () => boolean, timeoutMs = 30_000): Promise<true> {
  return waitFor({ what, timeoutMs, everyMs: 10, look: () => condition() || undefined });
}

describe('calls', () => {
  it('apply server-side: once is enough, foreign fields are a conflict unless forced', async () => {
    const first = await client.apply(ConfigMap, configMap('applied', { a: '1' }), manager);
    const again = await client.apply(ConfigMap, configMap('applied', { a: '1' }), manager);
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const read = await client.get(ConfigMap, { namespace, name: 'applied' });
    expect(read).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: '1' } });
    expect(
      (
        await client.apply(
          ConfigMap,
          {
            ...configMap('applied', { a: '1' }),
            metadata: { name: 'applied', namespace, managedFields: read.metadata.managedFields },
          },
          manager,
        )
      ).data,
    ).toEqual({ a: '1' });

    const other = { fieldManager: 'other' };
    await expect(client.apply(ConfigMap, configMap('applied', { a: '2' }), other)).rejects.toMatchObject({
      reason: 'Conflict',
      message: expect.stringContaining('.data.a'),
    });
    const forced = await client.apply(ConfigMap, configMap('applied', { a: '2' }), { ...other, force: true });
    expect(forced.data).toEqual({ a: '2' });
    const dry = await client.apply(ConfigMap, configMap('applied', { a: '3' }), { ...other, dryRun: true });
    expect(dry.data).toEqual({ a: '3' });
    expect((await client.get(ConfigMap, { namespace, name: 'applied' })).data).toEqual({ a: '2' });
  });

  it('patch, replace under an optimistic lock, and delete one very object', async () => {
    const ref = { namespace, name: 'changed' };
    const created = await client.create(ConfigMap, configMap('changed', { a: '1' }));
    await expect(client.create(ConfigMap, configMap('changed'))).rejects.toMatchObject({ reason: 'AlreadyExists' });
    await client.patch(ConfigMap, ref, { data: { b: '2' } }, { type: 'merge', ...manager });
    await client.patch(ConfigMap, ref, [{ op: 'remove', path: '/data/a' }], { type: 'json' });
    const changed = await client.patch(ConfigMap, ref, { data: { c: '3' } }, { type: 'strategic' });
    expect(changed.data).toEqual({ b: '2', c: '3' });
    await expect(client.replace(ConfigMap, created)).rejects.toMatchObject({ reason: 'Conflict' });
    expect((await client.replace(ConfigMap, { ...changed, data: { d: '4' } })).data).toEqual({ d: '4' });
    await expect(client.delete(ConfigMap, ref, { uid: 'another' })).rejects.toMatchObject({ reason: 'Conflict' });
    await client.delete(ConfigMap, ref, { uid: created.metadata.uid });
    await client.delete(ConfigMap, ref);
    expect(await client.find(ConfigMap, ref)).toBeUndefined();
    await expect(client.patch(ConfigMap, ref, { data: {} }, { type: 'merge' })).rejects.toMatchObject({
      reason: 'NotFound',
    });
  });

  it('tell an invalid object, an unknown field and an API that is not installed', async () => {
    await expect(client.create(ConfigMap, configMap('Not_A_Name'))).rejects.toMatchObject({ reason: 'Invalid' });
    const typo = { ...configMap('typo'), dta: {} };
    await expect(client.apply(ConfigMap, typo, { ...manager, fieldValidation: 'Strict' })).rejects.toMatchObject({
      message: expect.stringContaining('dta'),
    });
    expect(await client.find(Application, { namespace, name: 'x' })).toBeUndefined();
    await expect(client.list(Application)).rejects.toMatchObject({
      reason: 'NotFound',
      message: expect.stringContaining('does not serve'),
    });
    expect((await client.list(Tenant)).items).toEqual([]);
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace },
      data: { k: 'hunter2!' },
    };
    const refused = await client.create(Secret, secret).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: 'BadRequest' });
    expect(`${(refused as Error).message} ${JSON.stringify(refused)}`).not.toContain('hunter2');
  });

  it('walk the pages of a large list', async () => {
    const names = Array.from({ length: 230 }, (_, index) => `page-${String(index).padStart(3, '0')}`);
    await Promise.all(names.map((name) => client.apply(ConfigMap, configMap(name, {}, { set: 'pages' }), manager)));
    const list = await client.list(ConfigMap, { namespace, labelSelector: 'set=pages', limit: 50 });
    expect(list.items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
      names.map((name) => `ConfigMap ${name}`),
    );
    expect(list.resourceVersion).toMatch(/^\d+$/);
    expect((await client.list(ConfigMap, { namespace, fieldSelector: 'metadata.name=page-007' })).items).toHaveLength(
      1,
    );
  });

  it('act as somebody else with that one’s groups and rights only', async () => {
    const ann = client.impersonate({ username: 'änn', groups: ['acme-devs', 'kubenova-users'] });
    const review: SelfSubjectReview = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: { name: '' },
    };
    const { status } = await ann.create(SelfSubjectReview, review);
    expect(status?.userInfo).toMatchObject({
      username: 'änn',
      groups: ['acme-devs', 'kubenova-users', 'system:authenticated'],
    });
    await expect(ann.list(ConfigMap)).rejects.toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('änn'),
    });
  });

  it('use a token that was asked for, and are told when one is no good', async () => {
    const { token, expiresAt } = await requestServiceAccountToken(client, { namespace, name: 'default' });
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 500_000);
    const robot = createKubeClient({ ...connection, credential: { kind: 'token', token } });
    await expect(robot.list(ConfigMap, { namespace })).rejects.toMatchObject({ reason: 'Forbidden' });
    const stranger = createKubeClient({ ...connection, credential: { kind: 'token', token: 'canary-f00d' } });
    const refused = await stranger.list(ConfigMap).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: 'Unauthorized' });
    expect(`${(refused as Error).stack} ${JSON.stringify(refused)}`).not.toContain('canary');
    await Promise.all([robot.close(), stranger.close()]);
  });

  it('tell a wrong CA and a wrong name', async () => {
    const foreign = createKubeClient({ ...connection, ca: (await createAuthority('foreign')).cert });
    await expect(foreign.list(ConfigMap)).rejects.toMatchObject({ reason: 'Certificate' });
    const elsewhere = createKubeClient({ ...connection, tlsServerName: 'elsewhere.example.org' });
    await expect(elsewhere.list(ConfigMap)).rejects.toMatchObject({
      reason: 'Certificate',
      message: expect.stringContaining('host name'),
    });
    await Promise.all([foreign.close(), elsewhere.close()]);
  });

  it('find the URL of any kind by asking', async () => {
    const find = createResourceFinder(client);
    expect(await find({ apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant' })).toMatchObject({
      plural: 'tenants',
      namespaced: false,
    });
    expect(await find({ apiVersion: 'core.oam.dev/v1beta1', kind: 'Application' })).toBeUndefined();
    expect(await client.request('GET', '/readyz')).toBe('ok');
    expect(await client.request('GET', '/version')).toMatchObject({ major: '1' });
    expect(await loadKubeconfigFile(cluster.adminKubeconfig)).toEqual(connection);
  });
});

describe('a watch', () => {
  it('goes on from the list, and ends in order at its time', async () => {
    const { resourceVersion } = await client.list(ConfigMap, { namespace, labelSelector: 'set=seen' });
    const seen: string[] = [];
    const signal = new AbortController().signal;
    const scope = { namespace, labelSelector: 'set=seen' };
    const watch = { ...scope, resourceVersion, timeoutSeconds: 3, signal };
    const onOpen = () => {
      void client.create(ConfigMap, configMap('seen', {}, { set: 'seen' }));
    };
    for await (const { type, object } of client.watch(ConfigMap, { ...watch, onOpen })) {
      seen.push(type === 'BOOKMARK' ? type : `${type} ${object.metadata.name}`);
    }
    // A bookmark comes before the end, but only when there is something new to tell.
    expect(seen[0]).toBe('ADDED seen');
    // One comes at the end; the server may send others before.
    expect([...new Set(seen.slice(1))]).toEqual(['BOOKMARK']);
  });
});

describe('an informer', () => {
  it('follows, keeps its cache through an outage and a silent server, and catches up', async () => {
    await client.apply(ConfigMap, configMap('known', { v: '1' }, { set: 'watched' }), manager);
    const { resourceVersion: early } = await client.list(ConfigMap, { namespace });
    const patient = createKubeClient(connection, { requestTimeoutMs: 3_000 });
    const errors: string[] = [];
    const changes: string[] = [];
    const informer = startInformer(patient, ConfigMap, {
      namespace,
      labelSelector: 'set=watched',
      idleMs: 90_000,
      onError: (error) => errors.push((error as { reason?: string }).reason ?? String(error)),
    });
    informer.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`));
    await informer.synced;
    expect(informer.get(namespace, 'known')).toMatchObject({ kind: 'ConfigMap', data: { v: '1' } });
    expect(informer.get(namespace, 'known')?.metadata.managedFields).toBeUndefined();
    await client.apply(ConfigMap, configMap('known', { v: 'ü€😀' }, { set: 'watched' }), manager);
    await until('the change', () => informer.get(namespace, 'known')?.data?.v === 'ü€😀');

    await cluster.stopApiServer();
    await until('the informer to notice', () => !informer.healthy());
    expect(informer.get(namespace, 'known')?.data?.v).toBe('ü€😀');
    await cluster.startApiServer();
    await client.apply(ConfigMap, configMap('after-outage', {}, { set: 'watched' }), manager);
    await until(
      'the object made after the outage',
      () => informer.get(namespace, 'after-outage') !== undefined,
      60_000,
    );
    await until('health', () => informer.healthy());
    expect(errors).toContain('Unreachable');

    // The new API server knows nothing of versions before its own start.
    const tooOld = async () => {
      for await (const event of client.watch(ConfigMap, {
        resourceVersion: early,
        signal: AbortSignal.timeout(20_000),
      })) {
        throw new Error(`got ${event.type}`);
      }
    };
    await expect(tooOld()).rejects.toMatchObject({ reason: 'Gone' });

    await client.patch(
      ConfigMap,
      { namespace, name: 'known' },
      { metadata: { labels: { set: 'other' } } },
      { type: 'merge' },
    );
    await client.delete(ConfigMap, { namespace, name: 'after-outage' });
    await until('the deletions', () => informer.list().length === 0);
    expect(changes).toEqual([
      'added known',
      'modified known',
      'added after-outage',
      'deleted known',
      'deleted after-outage',
    ]);
    informer.stop();
    await patient.close();
  });

  it('notices a server that hangs without closing anything', async () => {
    const impatient = createKubeClient(connection, { requestTimeoutMs: 1_000 });
    const errors: string[] = [];
    const informer = startInformer(impatient, ConfigMap, {
      namespace,
      labelSelector: 'set=hung',
      idleMs: 2_000,
      onError: (error) => errors.push((error as { reason?: string }).reason ?? String(error)),
    });
    await informer.synced;
    const pid = Object.entries(cluster.pids).find(([name]) => name.includes('apiserver'))?.[1];
    expect(pid).toBeDefined();
    process.kill(pid ?? 0, 'SIGSTOP');
    try {
      await until('the watchdog and a failed list', () => errors.filter((reason) => reason === 'Timeout').length >= 2);
      expect(informer.healthy()).toBe(false);
    } finally {
      process.kill(pid ?? 0, 'SIGCONT');
    }
    await client.apply(ConfigMap, configMap('after-hang', {}, { set: 'hung' }), manager);
    await until('the object', () => informer.get(namespace, 'after-hang') !== undefined);
    informer.stop();
    await impatient.close();
  });
});

describe('the controller runtime', () => {
  it('settles: a world that is as wanted costs no writes', async () => {
    const informer = startInformer(client, ConfigMap, { namespace, labelSelector: 'set=reconciled' });
    const controller = createController({
      name: 'copies',
      concurrency: 4,
      async reconcile(key, signal) {
        const source = informer.get(namespace, key);
        if (source !== undefined && source.data?.copy !== source.data?.value) {
          const data = { copy: source.data?.value };
          await client.patch(ConfigMap, { namespace, name: key }, { data }, { type: 'merge', signal });
        }
      },
    });
    informer.onChange(({ object }) => controller.enqueue(object.metadata.name));
    controller.start();
    await informer.synced;
    const names = Array.from({ length: 20 }, (_, index) => `work-${index}`);
    await Promise.all(
      names.map((name) => client.create(ConfigMap, configMap(name, { value: name }, { set: 'reconciled' }))),
    );
    await until('all copies', () => names.every((name) => informer.get(namespace, name)?.data?.copy === name));
    await controller.idle();
    cluster.audit.skip();
    for (const name of names) {
      controller.enqueue(name);
    }
    await controller.idle();
    // A write of ours that comes last shows that the log is as far as that.
    await client.patch(ConfigMap, { namespace, name: 'work-0' }, { data: { end: 'here' } }, { type: 'merge' });
    const seen: string[] = [];
    await until('the log', () => {
      const own = cluster.audit.read().filter(({ userAgent }) => userAgent === 'kube-client-test');
      seen.push(...own.map(({ verb, objectRef }) => `${verb} ${objectRef?.name}`));
      return seen.length > 0;
    });
    expect(seen).toEqual(['patch work-0']);
    await controller.stop();
    informer.stop();
  });

  it('elects one leader by a Lease, and the next when it goes', async () => {
    const diary: string[] = [];
    const join = (identity: string) => {
      const stop = new AbortController();
      const ended = runWithLease(client, {
        namespace,
        name: 'leader',
        identity,
        leaseDurationMs: 3_000,
        renewMs: 300,
        signal: stop.signal,
        onStarted: () => {
          diary.push(`${identity} starts`);
        },
        onStopped: () => {
          diary.push(`${identity} stops`);
        },
      });
      return async () => {
        stop.abort();
        await ended;
      };
    };
    const stops = { a: join('a'), b: join('b') };
    await until('a leader', () => diary.length === 1);
    const first = diary[0]?.startsWith('a') ? 'a' : 'b';
    const second = first === 'a' ? 'b' : 'a';
    await stops[first]();
    await until('the next', () => diary.length === 3);
    expect(diary).toEqual([`${first} starts`, `${first} stops`, `${second} starts`]);
    expect((await client.get(Lease, { namespace, name: 'leader' })).spec).toMatchObject({
      holderIdentity: second,
      leaseTransitions: 1,
    });
    await stops[second]();
  });
});

describe('a running Pod', () => {
  it('gives its log, and runs commands', async () => {
    const spec = { containers: [{ name: 'main', image: 'web:1' }] };
    await client.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace }, spec });
    await waitFor({
      what: 'the Pod',
      timeoutMs: 30_000,
      look: async () => (await client.get(Pod, { namespace, name: 'web' })).status?.phase === 'Running' || undefined,
    });
    cluster.logFromPods('a line with ü');
    expect(await text(await openPodLog(client, { namespace, pod: 'web', container: 'main' }))).toContain(
      'a line with ü',
    );
    const stop = new AbortController();
    const following = await openPodLog(client, {
      namespace,
      pod: 'web',
      follow: true,
      tailLines: 1,
      signal: stop.signal,
    });
    const lines: string[] = [];
    following.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
    cluster.logFromPods('a later line');
    await until('the later line', () => lines.join('').includes('a later line'));
    stop.abort();
    await expect(openPodLog(client, { namespace, pod: 'none' })).rejects.toMatchObject({ reason: 'NotFound' });

    const command = async (...words: string[]) => {
      const session = await exec(client, { namespace, pod: 'web', command: words });
      const [stdout, stderr, code] = await Promise.all([text(session.stdout), text(session.stderr), session.exit]);
      return { stdout, stderr, code };
    };
    expect(await command('echo', 'a b', 'ü')).toEqual({ stdout: 'a b ü\n', stderr: '', code: 0 });
    expect(await command('sh', '-c', 'echo x; exit 3')).toEqual({ stdout: 'x\n', stderr: '', code: 3 });
    const session = await exec(client, { namespace, pod: 'web', command: ['cat'], stdin: true });
    session.stdin.end('through the pod\n');
    session.stderr.resume();
    expect(await Promise.all([text(session.stdout), session.exit])).toEqual(['through the pod\n', 0]);
    await expect(exec(client, { namespace, pod: 'none', command: ['id'] })).rejects.toMatchObject({
      reason: 'NotFound',
    });
    const ann = client.impersonate({ username: 'ann', groups: ['nobodies'] });
    await expect(exec(ann, { namespace, pod: 'web', command: ['id'] })).rejects.toMatchObject({ reason: 'Forbidden' });
  });
});
