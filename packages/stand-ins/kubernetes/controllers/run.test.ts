import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { conflict, notFound } from '@kubenova/kube-model/api-error.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import { describe, expect, it } from 'vitest';
import type { Controller, ControllerContext } from './controller.ts';
import { createTurns, type RunOptions, startControllers } from './run.ts';
import { manualClock } from './testing/cluster-scene.ts';

const CONTROLLER = { name: 'test', keysOf: ({ entry }) => [entry.name] } satisfies Partial<Controller>;

function world(reconcile: Controller['reconcile'], options: RunOptions = {}, change: Partial<Controller> = {}) {
  const store = createStore();
  const clock = manualClock();
  const context = { store, clock } as unknown as ControllerContext;
  const put = (name: string) => {
    const object: KubeObject = { apiVersion: 'v1', kind: 'Thing', metadata: { name, namespace: 'app', uid: name } };
    store.put('things', object, store.get('things', 'app', name));
  };
  const start = () =>
    startControllers([{ ...CONTROLLER, ...change, reconcile }], () => context, { idleHorizonMs: 0, ...options });
  return { store, clock, put, start };
}

describe('the runner of controllers', () => {
  it('takes up what is there already, each key once', async () => {
    const seen: string[] = [];
    const { put, start } = world(async (key) => void seen.push(key));
    for (const name of ['a', 'b', 'a']) put(name);
    const running = start();
    put('b');
    await running.idle();
    expect(seen).toEqual(['a', 'b']);
  });

  it('never runs a key twice at a time, and runs it again when it was woken meanwhile', async () => {
    let active = 0;
    let most = 0;
    let runs = 0;
    const { put, start } = world(async () => {
      active += 1;
      runs += 1;
      most = Math.max(most, active);
      if (runs === 1) put('a');
      await new Promise(setImmediate);
      active -= 1;
    });
    const running = start();
    put('a');
    await running.idle();
    expect({ most, runs }).toEqual({ most: 1, runs: 2 });
  });

  it('runs no more at a time than it may', async () => {
    let active = 0;
    let most = 0;
    const { put, start } = world(
      async () => {
        active += 1;
        most = Math.max(most, active);
        await new Promise(setImmediate);
        active -= 1;
      },
      { concurrency: 3 },
    );
    const running = start();
    for (let index = 0; index < 20; index += 1) put(`key-${index}`);
    await running.idle();
    expect(most).toBe(3);
  });

  it('tries again after a failure, later each time, and tells of it', async () => {
    const at: number[] = [];
    const told: unknown[] = [];
    const { clock, put, start } = world(
      async () => {
        at.push(clock.now());
        if (at.length < 4) throw new Error('not yet');
      },
      { backoff: { baseMs: 1_000, maxMs: 60_000 }, onError: (...all) => told.push(all) },
    );
    const running = start();
    put('a');
    for (let step = 0; step < 4; step += 1) {
      await running.idle();
      clock.advance(5_000);
    }
    await running.idle();
    expect(at).toHaveLength(4);
    expect(told).toEqual(Array(3).fill(['test', 'a', new Error('not yet')]));
    clock.advance(600_000);
    await running.idle();
    expect(at).toHaveLength(4);
  });

  it('tries again at once when it lost a race, and tells nobody', async () => {
    let runs = 0;
    const told: unknown[] = [];
    const { put, start } = world(
      async () => {
        runs += 1;
        if (runs === 1) throw conflict({ group: '', plural: 'things' }, 'a', 'somebody was faster');
        if (runs === 2) throw notFound({ group: '', plural: 'things' }, 'a');
      },
      { onError: (...all) => told.push(all) },
    );
    const running = start();
    put('a');
    await running.idle();
    expect({ runs, told }).toEqual({ runs: 3, told: [] });
  });

  it('looks again when it was asked to, or before if something changes', async () => {
    const at: number[] = [];
    const { clock, put, start } = world(async () => {
      at.push(clock.now());
      return { againInMs: 60_000 };
    });
    const running = start();
    const begin = clock.now();
    put('a');
    await running.idle();
    clock.advance(30_000);
    put('a');
    await running.idle();
    clock.advance(59_000);
    await running.idle();
    expect(at.map((time) => time - begin)).toEqual([0, 30_000]);
    clock.advance(4_000);
    await running.idle();
    expect(at).toHaveLength(3);
  });

  it('is not idle while something is due soon', async () => {
    let runs = 0;
    const { clock, put, start } = world(
      async () => {
        runs += 1;
        return runs === 1 ? { againInMs: 1_000 } : undefined;
      },
      { idleHorizonMs: 5_000 },
    );
    const running = start();
    put('a');
    let idle = false;
    const waiting = running.idle().then(() => (idle = true));
    while (runs === 0) await sleep(1);
    await new Promise(setImmediate);
    expect(idle).toBe(false);
    clock.advance(1_100);
    await waiting;
    expect(runs).toBe(2);
  });

  it('stops: nothing runs afterwards, and nobody waits', async () => {
    let runs = 0;
    const { clock, put, start } = world(async () => {
      runs += 1;
      return { againInMs: 10 };
    });
    const running = start();
    put('a');
    await running.idle();
    running.stop();
    put('a');
    clock.advance(1_000);
    await running.idle();
    await new Promise(setImmediate);
    expect(runs).toBe(1);
  });

  it('only wakes controllers for storages that they watch', async () => {
    const seen: string[] = [];
    const { store, put, start } = world(async (key) => void seen.push(key), {}, { watches: ['others'] });
    const running = start();
    put('a');
    store.put('others', { apiVersion: 'v1', kind: 'Other', metadata: { name: 'b', uid: 'b' } }, undefined);
    await running.idle();
    expect(seen).toEqual(['b']);
  });

  it('lets clusters take turns: a busy one does not keep the other waiting', async () => {
    const order: string[] = [];
    const turns = createTurns(2);
    const busy = world(async () => void order.push('busy'), { turns });
    const quiet = world(async () => void order.push('quiet'), { turns });
    const running = [busy.start(), quiet.start()];
    for (let index = 0; index < 50; index += 1) busy.put(`key-${index}`);
    quiet.put('a');
    await Promise.all(running.map((one) => one.idle()));
    expect(order).toHaveLength(51);
    expect(order.indexOf('quiet')).toBeLessThan(3);
  });
});
