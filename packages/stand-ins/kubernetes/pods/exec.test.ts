import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import type { LocalClient } from '@kubenova/kube-sim/api/local-client.ts';
import type { ShellOptions } from '@kubenova/kube-sim/machinery.ts';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../controllers/testing/cluster-scene.ts';
import { startShell } from './exec.ts';

const CONFIG = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'conf' },
  data: { 'app.ini': 'a=1\n', LEVEL: 'debug' },
};
const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys' },
  data: { key: Buffer.from('s3cret').toString('base64') },
};
const client = {
  find: (resource: Resource, { name }: { name: string }) =>
    [CONFIG, SECRET].find(({ kind, metadata }) => kind === resource.kind && metadata.name === name),
} as unknown as LocalClient;

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'one', namespace: 'app', uid: 'uid', labels: { app: 'web' } },
  spec: {
    nodeName: 'node-1',
    containers: [
      {
        name: 'web',
        image: 'nginx:1',
        command: ['/bin/serve', '--all'],
        env: [
          { name: 'PLAIN', value: 'hello world' },
          { name: 'BOTH', value: '$(PLAIN)!' },
          { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'conf', key: 'LEVEL' } } },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
          { name: 'NS', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        ],
        volumeMounts: [
          { name: 'conf', mountPath: '/etc/app' },
          { name: 'keys', mountPath: '/run/key', subPath: 'key' },
        ],
      },
    ],
    volumes: [
      { name: 'conf', configMap: { name: 'conf', items: [{ key: 'app.ini', path: 'main.ini' }] } },
      { name: 'keys', secret: { secretName: 'keys' } },
    ],
  },
  status: {
    podIP: '10.1.2.3',
    containerStatuses: [{ name: 'web', ready: true, restartCount: 0, state: { running: {} } }],
  },
};

function open(command: string[], options: Partial<ShellOptions> = {}) {
  const output = { stdout: '', stderr: '' };
  const clock = manualClock();
  const session = startShell({
    pod: POD,
    command,
    tty: false,
    stdin: false,
    client,
    clock,
    onOutput: (stream, text) => {
      output[stream] += text;
    },
    ...options,
  });
  return { session, output, clock };
}
async function run(...command: string[]) {
  const { session, output } = open(command);
  const ended = await session.ended;
  return { ...output, ...ended };
}

describe('a session in a container', () => {
  it.each([
    [['echo', 'a', 'b'], 'a b\n'],
    [['hostname'], 'one\n'],
    [['sh', '-c', 'echo $PLAIN; echo "$BOTH"'], 'hello world\nhello world!\n'],
    [['sh', '-c', `echo '$PLAIN' ${'$'}{NOPE:-none} \\$x`], '$PLAIN none $x\n'],
    [['sh', '-c', 'false || echo no && echo yes; true && echo $?'], 'no\nyes\n0\n'],
    [['sh', '-c', 'cd /etc/app && pwd && cat main.ini'], '/etc/app\na=1\n'],
    [['/bin/sh', '-ec', 'exit 0; echo never'], ''],
    [['sh', '-c', 'echo $LEVEL $KEY $NS $APP'], 'debug s3cret app web\n'],
    [['cat', '/etc/hostname', '/run/key'], 'one\ns3cret'],
    [['ls', '/etc'], 'app\nhostname\nhosts\nos-release\npasswd\n'],
    [['id'], 'uid=0(root) gid=0(root) groups=0(root)\n'],
    [['pwd'], '/\n'],
    [['sh', '-c', 'sh -c "echo in"; echo out'], 'in\nout\n'],
  ])('%j prints %j', async (command, stdout) => {
    expect(await run(...command)).toEqual({ stdout, stderr: '', exitCode: 0 });
  });

  it.each([
    [['false'], 1, ''],
    [['sh', '-c', 'exit 7'], 7, ''],
    [['sh', '-c', 'nope --now'], 127, 'sh: nope: not found\n'],
    [['sh', '-c', 'tar x'], 127, 'sh: tar: not found\n'],
    [['cat', '/nope'], 1, "cat: can't open '/nope': No such file or directory\n"],
    [['cat', '/etc'], 1, 'cat: read error: Is a directory\n'],
    [['ls', '/nope'], 1, 'ls: /nope: No such file or directory\n'],
    [['sh', '-c', 'cd /nope'], 2, "sh: cd: can't cd to /nope: No such file or directory\n"],
  ])('%j ends with %i', async (command, exitCode, stderr) => {
    expect(await run(...command)).toEqual({ stdout: '', stderr, exitCode });
  });

  it.each([
    ['tar', 'exec: "tar": executable file not found in $PATH'],
    ['/opt/nope', 'exec: "/opt/nope": stat /opt/nope: no such file or directory'],
    ['cd', 'exec: "cd": executable file not found in $PATH'],
    ['constructor', 'exec: "constructor": executable file not found in $PATH'],
  ])('never starts %s, and says so as the container runtime does', async (program, why) => {
    const ended = await open([program]).session.ended;
    expect('error' in ended && ended.error).toMatch(
      /^Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: /,
    );
    expect('error' in ended && ended.error.endsWith(why)).toBe(true);
  });

  it('reads commands from its input until that ends', async () => {
    const { session, output } = open(['sh'], { stdin: true });
    session.write(Buffer.from('echo one\necho t'));
    session.write(Buffer.from('wo\ncat\nto cat\n'));
    session.write(undefined);
    expect(await session.ended).toEqual({ exitCode: 0 });
    expect(output.stdout).toBe('one\ntwo\nto cat\n');
  });

  it('with a terminal echoes, takes back, prompts, and ends at the end of input', async () => {
    const { session, output } = open(['sh'], { stdin: true, tty: true });
    session.resize({ width: 120, height: 40 });
    session.write(Buffer.from('echo ax\x7fb\r'));
    session.write(Buffer.from('stty size\rnope\r'));
    while (!output.stdout.includes('not found')) await new Promise(setImmediate);
    session.write(Buffer.from('\x04'));
    expect(await session.ended).toEqual({ exitCode: 127 });
    expect(output.stderr).toBe('');
    expect(output.stdout).toContain('ab\r\n/ # ');
    expect(output.stdout).toContain('40 120\r\n');
    expect(output.stdout).toContain('sh: nope: not found\r\n/ # ');
  });

  it('is interrupted by Ctrl-C, and sleeps by the clock of the cluster', async () => {
    const { session, output, clock } = open(['sh'], { stdin: true, tty: true });
    session.write(Buffer.from('sleep 60; echo $?\r'));
    await new Promise(setImmediate);
    clock.advance(59_000);
    await new Promise(setImmediate);
    expect(output.stdout).not.toContain('\r\n0\r\n');
    clock.advance(1_000);
    while (!output.stdout.includes('0\r\n/ # ')) await new Promise(setImmediate);
    session.write(Buffer.from('sleep 60\r'));
    await new Promise(setImmediate);
    session.write(Buffer.from('\x03'));
    session.write(Buffer.from('exit\r'));
    expect(await session.ended).toEqual({ exitCode: 130 });
  });

  it('ends when its connection is gone', async () => {
    const waiting = open(['sh'], { stdin: true });
    waiting.session.kill();
    expect(await waiting.session.ended).toEqual({ exitCode: 0 });
    const sleeping = open(['sleep', '600']);
    sleeping.session.kill();
    expect(await sleeping.session.ended).toEqual({ exitCode: 130 });
  });

  it.each<[Partial<ShellOptions>, string]>([
    [{ container: 'nope' }, 'container nope is not valid for pod one'],
    [{ pod: { ...POD, spec: { containers: POD.spec?.containers ?? [] } } }, 'pod one does not have a host assigned'],
    [
      { pod: { ...POD, status: {} } },
      'Internal error occurred: unable to upgrade connection: container not found ("web")',
    ],
  ])('is refused: %#', (options, message) => {
    expect(() => open(['sh'], options)).toThrow(message);
  });
});
