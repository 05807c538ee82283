/** Logs and sessions. Containers are simulated in both worlds, by kwok and by the simulator: only what both promise is asked for. */
import { text } from 'node:stream/consumers';
import { exec } from '@kubenova/kube/exec.ts';
import { openPodLog } from '@kubenova/kube/logs.ts';
import { expect } from 'vitest';
import { casesOf, type Scope } from '../case.ts';
import { container, get, pod, pods, post, told } from '../requests.ts';

async function run(s: Scope, name = 'p', ...extra: string[]): Promise<void> {
  await s.do(
    post(pods, pod(name, { containers: [container, ...extra.map((more) => ({ ...container, name: more }))] })),
  );
  await s.until(`${name} to run`, async () => {
    const { status } = await s.do(get(`${pods}/${name}`));
    return status.phase === 'Running' && status.containerStatuses?.length === 1 + extra.length;
  });
}

async function command(s: Scope, words: string[], input?: string) {
  const session = await exec(s.admin, { namespace: s.ns, pod: 'p', command: words, stdin: input !== undefined });
  if (input !== undefined) session.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([text(session.stdout), text(session.stderr), session.exit]);
  return { stdout, stderr, code };
}

const v4 = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true' };

export const podCases = casesOf(
  'pods',
  {
    'exec-output': [
      'a command’s output and its exit code come back',
      async (s) => {
        await run(s);
        expect(await command(s, ['echo', 'a b', 'ü'])).toEqual({ stdout: 'a b ü\n', stderr: '', code: 0 });
        expect(await command(s, ['sh', '-c', 'echo x; exit 3'])).toEqual({ stdout: 'x\n', stderr: '', code: 3 });
        expect(await command(s, ['false'])).toMatchObject({ code: 1 });
      },
    ],
    'exec-input': [
      'its input goes in, to the end',
      async (s) => {
        await run(s);
        const input = 'through the pod\n'.repeat(3000);
        expect(await command(s, ['cat'], input)).toEqual({ stdout: input, stderr: '', code: 0 });
      },
    ],
    'exec-shell': [
      'a shell reads its input line by line',
      async (s) => {
        await run(s);
        expect(await command(s, ['sh'], 'echo one\necho two; echo three\n')).toMatchObject({
          stdout: 'one\ntwo\nthree\n',
          code: 0,
        });
      },
    ],
    'exec-names': [
      'a container knows its pod’s name',
      async (s) => {
        await run(s);
        expect(await command(s, ['hostname'])).toMatchObject({ stdout: 'p\n', code: 0 });
        expect(await command(s, ['cat', '/etc/hostname'])).toMatchObject({ stdout: 'p\n', code: 0 });
        expect((await command(s, ['env'])).stdout).toContain('HOSTNAME=p\n');
      },
    ],
    'exec-stderr': [
      'errors come on their own stream',
      async (s) => {
        await run(s);
        const answer = await command(s, ['cat', '/no/such/file']);
        expect(answer).toMatchObject({ stdout: '', code: 1 });
        expect(answer.stderr).toContain('No such file or directory');
        expect((await command(s, ['sh', '-c', 'nosuchcommand'])).code).toBe(127);
      },
    ],
    'exec-kubectl': [
      'kubectl exec, with and without input',
      async (s) => {
        await run(s);
        expect(await s.kubectl(['exec', 'p', '--', 'echo', 'hello'])).toMatchObject({ code: 0, stdout: 'hello\n' });
        expect(await s.kubectl(['exec', 'p', '--', 'sh', '-c', 'exit 7'])).toMatchObject({ code: 7 });
        expect(await s.kubectl(['exec', '--stdin', 'p', '--', 'cat'], { input: 'in\n' })).toMatchObject({
          code: 0,
          stdout: 'in\n',
        });
        expect(await s.kubectl(['exec', 'p', '-c', 'c', '--', 'true'], { environment: v4 })).toMatchObject({ code: 0 });
      },
    ],
    'exec-of-deployment': [
      'kubectl exec finds a pod of a Deployment',
      async (s) => {
        await run(s);
        await s.run(['create', 'deployment', 'd', '--image=app:1']);
        await s.run(['rollout', 'status', 'deployment/d', '--timeout=30s']);
        expect((await s.kubectl(['exec', 'deployment/d', '--', 'hostname'])).stdout).toMatch(
          /^d-[a-z0-9]+-[a-z0-9]+\n$/,
        );
      },
    ],
    'exec-refused': [
      'no session without a pod, a container, a command or the right',
      async (s) => {
        await run(s, 'p', 'second');
        const path = (query: string, name = 'p') => `${pods}/${name}/exec?${query}`;
        const upgrade = { headers: { connection: 'keep-alive' } };
        s.golden([
          told(await s.send(get(path('command=id&stdout=true', 'none'), upgrade))),
          told(await s.send(get(path('command=id&stdout=true&container=none')))),
          told(await s.send(get(path('stdout=true&container=c')))),
          told(await s.send(get(path('command=id&container=c')))),
          told(await s.send(get(path('command=id&stdout=true&container=c'), { as: { user: 'nobody' } }))),
        ]);
        await expect(exec(s.admin, { namespace: s.ns, pod: 'none', command: ['id'] })).rejects.toMatchObject({
          reason: 'NotFound',
        });
        const nobody = s.as({ user: 'nobody' });
        await expect(
          exec(nobody, { namespace: s.ns, pod: 'p', container: 'c', command: ['id'] }),
        ).rejects.toMatchObject({ reason: 'Forbidden' });
      },
    ],
    'exec-default-container': [
      'of several containers kubectl takes the first, or the one that an annotation names',
      async (s) => {
        await run(s, 'p', 'second');
        const answer = await s.kubectl(['exec', 'p', '--', 'true']);
        expect(answer.code).toBe(0);
        expect(answer.stderr).toContain('Defaulted container "c" out of: c, second');
      },
    ],
    'exec-not-running': [
      'a pod that is on no node has no session',
      async (s) => {
        await s.do(post(pods, pod('w', { schedulerName: 'nobody' })));
        s.golden(told(await s.send(get(`${pods}/w/exec?command=id&stdout=true`))));
        expect((await s.kubectl(['exec', 'w', '--', 'id'])).stderr).toContain('pod w does not have a host assigned');
      },
    ],
    'log-read': [
      'a log is text, in lines',
      async (s) => {
        await run(s);
        const whole = await text(await openPodLog(s.admin, { namespace: s.ns, pod: 'p', container: 'c' }));
        const last = await s.run(['logs', 'p', '--tail=1']);
        expect(last.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(1);
        expect(whole === '' || whole.endsWith('\n')).toBe(true);
        expect((await s.send(get(`${pods}/p/log`))).contentType).toBe('text/plain');
      },
    ],
    'log-limits': [
      'it can be cut by bytes',
      async (s) => {
        await run(s);
        const cut = await text(await openPodLog(s.admin, { namespace: s.ns, pod: 'p', limitBytes: 5 }));
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(5);
      },
    ],
    'log-refused': [
      'no log without a pod, a container, a node or the right',
      async (s) => {
        await run(s, 'p', 'second');
        await s.do(post(pods, pod('w', { schedulerName: 'nobody' })));
        s.golden([
          told(await s.send(get(`${pods}/none/log`))),
          told(await s.send(get(`${pods}/p/log`))),
          told(await s.send(get(`${pods}/p/log?container=none`))),
          told(await s.send(get(`${pods}/p/log?container=c&tailLines=-1`))),
          told(await s.send(get(`${pods}/p/log?container=c&sinceSeconds=0`))),
          told(await s.send(get(`${pods}/p/log?container=c`, { as: { user: 'nobody' } }))),
        ]);
        expect((await s.send(get(`${pods}/w/log`))).code).toBeGreaterThanOrEqual(200);
      },
    ],
    'log-followed': [
      'a log that is followed stays open until the reader goes',
      async (s) => {
        await run(s);
        const stop = new AbortController();
        const following = await openPodLog(s.admin, {
          namespace: s.ns,
          pod: 'p',
          follow: true,
          tailLines: 0,
          signal: stop.signal,
        });
        following.on('error', () => undefined);
        following.resume();
        // Another request on the way shows that time has passed and that nothing ended it.
        await s.run(['logs', 'p', '--tail=1']);
        expect(following.readableEnded).toBe(false);
        stop.abort();
      },
    ],
  },
  ['nodes', 'shell'],
);
