import type { ContainerState, Pod } from '@kubenova/kube/kinds/pod.ts';
import type { LogOptions } from '@kubenova/kube-sim/machinery.ts';
import { describe, expect, it } from 'vitest';
import { type ManualClock, manualClock } from '../controllers/testing/cluster-scene.ts';
import { readLogs } from './logs.ts';

const START = '2026-01-01T00:00:00Z';
const running: ContainerState = { running: { startedAt: START } };
const crashed: ContainerState = {
  terminated: { exitCode: 1, reason: 'Error', startedAt: START, finishedAt: '2026-01-01T00:00:25Z' },
};

function pod(state: ContainerState, lastState: ContainerState = {}, spec: object = {}): Pod {
  const status = { name: 'web', ready: false, restartCount: 0, state, lastState };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one', namespace: 'app', uid: 'uid' },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'web', image: 'nginx:1', args: ['serve'], ports: [{ containerPort: 80 }] }],
      ...spec,
    },
    status: { containerStatuses: [status] },
  };
}

async function read(of: Pod, log: LogOptions = {}, clock: ManualClock = manualClock()): Promise<string> {
  let text = '';
  for await (const chunk of readLogs({ pod: of, current: () => of, clock, log })) text += chunk;
  return text;
}
const after = (ms: number) => {
  const clock = manualClock();
  clock.advance(ms);
  return clock;
};
const BEGIN = [
  'container web of pod app/one starts (simulated)',
  'image: nginx:1',
  'command: serve',
  'listening on 80/TCP',
];

describe('the log of a container', () => {
  it('says what starts, and then something every ten seconds', async () => {
    const text = await read(pod(running), {}, after(25_000));
    expect(text.split('\n')).toEqual([
      ...BEGIN,
      'heartbeat 1: nothing to report',
      'heartbeat 2: nothing to report',
      '',
    ]);
  });

  it.each<[string, LogOptions, string[]]>([
    ['the last lines', { tailLines: 2 }, ['heartbeat 1: nothing to report', 'heartbeat 2: nothing to report']],
    ['none at all', { tailLines: 0 }, []],
    ['since some seconds ago', { sinceSeconds: 6 }, ['heartbeat 2: nothing to report']],
    [
      'since a time',
      { sinceTime: '2026-01-01T00:00:05Z' },
      ['heartbeat 1: nothing to report', 'heartbeat 2: nothing to report'],
    ],
    [
      'with its times',
      { tailLines: 1, timestamps: true },
      ['2026-01-01T00:00:20.000000000Z heartbeat 2: nothing to report'],
    ],
  ])('is read in part: %s', async (_what, log, lines) => {
    const text = await read(pod(running), log, after(25_000));
    expect(text).toBe(lines.map((line) => `${line}\n`).join(''));
  });

  it('is cut after so many bytes', async () => {
    expect(await read(pod(running), { limitBytes: 12 })).toBe('container we');
  });

  it('tells how a container ended, and what the one before did', async () => {
    expect((await read(pod(crashed))).split('\n').slice(-3)).toEqual([
      'heartbeat 2: nothing to report',
      'fatal: exit code 1',
      '',
    ]);
    const again = pod(running, crashed);
    expect(await read(again, { previous: true, tailLines: 1 })).toBe('fatal: exit code 1\n');
    expect(await read(pod({ waiting: { reason: 'CrashLoopBackOff' } }, crashed), { tailLines: 1 })).toBe(
      'fatal: exit code 1\n',
    );
  });

  it('goes on while it is followed, until the container ends', async () => {
    const clock = manualClock();
    let now: Pod = pod(running);
    const lines = readLogs({ pod: now, current: () => now, clock, log: { follow: true, tailLines: 1 } });
    const iterator = lines[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe('listening on 80/TCP\n');
    const beat = iterator.next();
    while (clock.now() < Date.parse(START) + 11_000) {
      await new Promise(setImmediate);
      clock.advance(500);
    }
    expect((await beat).value).toBe('heartbeat 1: nothing to report\n');
    now = pod({ terminated: { exitCode: 0, startedAt: START, finishedAt: '2026-01-01T00:00:11Z' } });
    const last = iterator.next();
    await new Promise(setImmediate);
    clock.advance(500);
    expect((await last).value).toBe('done\n');
    expect((await iterator.next()).done).toBe(true);
  });

  it('is no longer followed once nobody listens', async () => {
    const gone = new AbortController();
    const now = pod(running);
    const lines = readLogs({
      pod: now,
      current: () => now,
      clock: manualClock(),
      log: { follow: true },
      signal: gone.signal,
    });
    const iterator = lines[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    gone.abort();
    expect((await next).done).toBe(true);
  });

  it('is empty for a pod that is on no node', async () => {
    expect(await read(pod({ waiting: {} }, {}, { nodeName: undefined }))).toBe('');
  });

  const two = {
    containers: [
      { name: 'a', image: 'a' },
      { name: 'b', image: 'b' },
    ],
    initContainers: [{ name: 'i', image: 'i' }],
  };
  it.each<[Pod, LogOptions, string]>([
    [pod(running, {}, two), {}, 'a container name must be specified for pod one, choose one of: [i a b]'],
    [pod(running), { container: 'nope' }, 'container nope is not valid for pod one'],
    [
      pod({ waiting: { reason: 'ContainerCreating' } }),
      {},
      'container "web" in pod "one" is waiting to start: ContainerCreating',
    ],
    [
      pod({ waiting: { reason: 'ErrImagePull' } }),
      {},
      'container "web" in pod "one" is waiting to start: image can\'t be pulled',
    ],
    [
      pod({ waiting: { reason: 'ImagePullBackOff' } }),
      {},
      'container "web" in pod "one" is waiting to start: trying and failing to pull image',
    ],
    [pod(running), { previous: true }, 'previous terminated container "web" in pod "one" not found'],
    [
      pod(running),
      { sinceTime: 'bad' },
      'parsing time "bad" as "2006-01-02T15:04:05Z07:00": cannot parse "bad" as "2006"',
    ],
    [
      pod(running),
      { tailLines: -1 },
      'PodLogOptions "one" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      pod(running),
      { limitBytes: 0 },
      'PodLogOptions "one" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
    ],
    [
      pod(running),
      { sinceSeconds: 0 },
      'PodLogOptions "one" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      pod(running),
      { sinceSeconds: 5, sinceTime: START },
      'PodLogOptions "one" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
  ])('is refused in the words of the real server: %#', (of, log, message) => {
    expect(() => readLogs({ pod: of, current: () => of, clock: manualClock(), log })).toThrow(message);
  });
});
