/**
 * capsule-proxy, or what stands in for it, beside the true API server and the true Capsule. Nothing here asks which of the two it
 * is: with KUBENOVA_CAPSULE_PROXY_BIN it judges the true program. What a tenant's people see through it is in
 * `e2e/conformance/cases/proxy.ts`; here is what needs hands on the cluster or on the wire.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { application, lookingAs, runs, webservice } from './stand-ins-applications.ts';
import { openScene, type Person, type Scene } from './stand-ins-scene.ts';

let scene: Scene;
let admin: Person;

beforeAll(async () => {
  scene = await openScene();
  admin = scene.admin;
}, 1_200_000);

afterAll(async () => {
  await scene?.close();
});

describe('capsule-proxy', () => {
  let ann: Person;
  let pod: string;

  beforeAll(async () => {
    ann = await scene.person('ann', ['kubenova-users', 'acme-devs'], 'capsule-proxy');
    await scene.apply(admin, application('pods', [webservice(1)]));
    await lookingAs(admin).until('pods', 'running', runs('r1'));
    pod = (await admin.read('pods', '--namespace=acme-shop')).items[0].metadata.name;
  });

  it('lets a log be followed as it is written, and ends the request upstream when the reader goes', async () => {
    const follow = spawn(scene.cluster.kubectl, ['--namespace=acme-shop', 'logs', '--follow', '--tail=0', pod], {
      env: { PATH: process.env.PATH ?? '', HOME: path.dirname(ann.kubeconfig), KUBECONFIG: ann.kubeconfig },
    });
    let seen = '';
    follow.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    const watching = async () => {
      const { stdout } = await admin.kubectl(['get', '--raw', '/metrics']);
      const pattern = /^apiserver_longrunning_requests\{.*subresource="log".*\} (\d+)$/gm;
      return [...stdout.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    await waitFor({ what: 'the follower', timeoutMs: 20_000, look: async () => (await watching()) > 0 || undefined });
    scene.cluster.logFromPods('written while it is followed');
    await waitFor({
      what: 'the line',
      timeoutMs: 20_000,
      look: () => seen.includes('written while it is followed') || undefined,
    });
    follow.kill();
    await once(follow, 'exit');
    await waitFor({ what: 'its end', timeoutMs: 20_000, look: async () => (await watching()) === 0 || undefined });
  });

  it('forwards a port, as far as the pod answers', async () => {
    const forward = spawn(scene.cluster.kubectl, ['--namespace=acme-shop', 'port-forward', `pod/${pod}`, ':9898'], {
      env: { PATH: process.env.PATH ?? '', HOME: path.dirname(ann.kubeconfig), KUBECONFIG: ann.kubeconfig },
    });
    let said = '';
    forward.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const port = await waitFor({
      what: 'the forwarded port',
      timeoutMs: 20_000,
      look: () => /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1],
    });
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    forward.kill();
    await once(forward, 'exit');
  });

  it.each<[string, string, Record<string, string | string[]>, number]>([
    ['nobody', '/api/v1/namespaces', {}, 403],
    ['an empty token', '/api/v1/namespaces', { authorization: 'Bearer ' }, 403],
    ['an invented token', '/api/v1/namespaces', { authorization: 'Bearer abc' }, 403],
    ['another scheme', '/version', { authorization: 'Basic YWRtaW46YWRtaW4=' }, 403],
    [
      'a header that names an administrator',
      '/api/v1/secrets',
      { 'x-remote-user': 'root', 'x-remote-group': 'system:masters' },
      403,
    ],
    ['anybody who asks whether it lives', '/_healthz', {}, 200],
  ])('answers %s on %s', async (_who, url, headers, code) => {
    expect((await ask(url, headers)).code).toBe(code);
  });

  it('lets no header make somebody else of a caller', async () => {
    const { stdout } = await admin.kubectl(['--namespace=acme-shop', 'create', 'token', 'kubenova-deployer']);
    const authorization = `Bearer ${stdout.trim()}`;
    const canList = await ann.kubectl(['auth', 'can-i', 'list', 'namespaces', '--token', stdout.trim()]);
    expect(canList.stdout.trim()).toBe('yes');
    const impersonating = await ask('/api/v1/namespaces', {
      authorization,
      'impersonate-user': 'root',
      'impersonate-group': 'system:masters',
    });
    expect(impersonating.code).toBe(403);
    const trick = {
      authorization,
      connection: 'Impersonate-User, Impersonate-Group, Authorization',
      'x-remote-group': 'system:masters',
    };
    const tricked = await ask('/api/v1/namespaces', trick);
    // The true proxy lets the header strike the token out, and the server then knows nobody.
    expect([401, 403]).toContain(tricked.code);
    expect(tricked.body).not.toContain('NamespaceList');
  });

  function ask(url: string, headers: Record<string, string | string[]>): Promise<{ code: number; body: string }> {
    const proxy = scene.cluster.capsuleProxy;
    if (!proxy) throw new Error('the cluster has no capsule-proxy');
    return new Promise((resolve, reject) => {
      const call = request(new URL(url, proxy.url), { ca: proxy.caPem, agent: false, headers }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
        resolve({ code: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
      call.once('error', reject);
      call.end();
    });
  }
});
