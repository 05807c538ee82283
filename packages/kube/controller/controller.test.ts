import { describe, expect, it } from 'vitest';
import { KubeError } from '../error.ts';
import { until } from '../testing/until.ts';
import { createController, type ReconcileObservation } from './controller.ts';

describe('a controller', () => {
  it('never runs one key twice at once, nor more keys than allowed', async () => {
    let running = 0;
    let most = 0;
    const perKey = new Map<string, number>();
    const counts = new Map<string, number>();
    const controller = createController({
      name: 'test',
      concurrency: 3,
      async reconcile(key) {
        running += 1;
        most = Math.max(most, running);
        perKey.set(key, (perKey.get(key) ?? 0) + 1);
        expect(perKey.get(key)).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        counts.set(key, (counts.get(key) ?? 0) + 1);
        perKey.set(key, 0);
        running -= 1;
      },
    });
    for (let round = 0; round < 50; round += 1) {
      for (let key = 0; key < 10; key += 1) {
        controller.enqueue(`k${key}`);
      }
    }
    controller.start();
    await controller.idle();
    expect(most).toBe(3);
    expect([...counts.values()]).toEqual(Array(10).fill(1));
    await controller.stop();
  });

  it('tries again after an error and reports each, also one that is thrown at once', async () => {
    const errors: [string, number][] = [];
    const observations: ReconcileObservation[] = [];
    let runs = 0;
    const controller = createController({
      name: 'test',
      concurrency: 1,
      backoff: { baseMs: 1, maxMs: 2 },
      reconcile() {
        runs += 1;
        if (runs < 4) {
          throw new KubeError('Unreachable', `run ${runs}`);
        }
        return Promise.resolve(undefined);
      },
      onError: (_key, error, attempt) => errors.push([(error as Error).message, attempt]),
      metrics: (observation) => observations.push(observation),
    });
    controller.start();
    controller.enqueue('a');
    await controller.idle();
    expect(errors).toEqual([
      ['run 1', 1],
      ['run 2', 2],
      ['run 3', 3],
    ]);
    expect(observations.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
      ['error', 1],
      ['error', 2],
      ['error', 3],
      ['success', 4],
    ]);
    await controller.stop();
  });

  it('comes back when the reconciler asks for it', async () => {
    let runs = 0;
    const controller = createController({
      name: 'test',
      concurrency: 1,
      async reconcile() {
        runs += 1;
        return runs < 3 ? { requeueAfterMs: 1 } : undefined;
      },
    });
    controller.start();
    controller.enqueue('a');
    await until('the third run', () => runs === 3);
    await controller.stop();
  });

  it('does not let one stuck key hold up the others, and aborts it after its time', async () => {
    const done: string[] = [];
    const aborted: string[] = [];
    const controller = createController({
      name: 'test',
      concurrency: 2,
      timeoutMs: 50,
      backoff: { baseMs: 60_000, maxMs: 60_000 },
      async reconcile(key, signal) {
        if (key === 'stuck') {
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        }
        done.push(key);
      },
      onError: (_key, error) => aborted.push((error as Error).message),
    });
    controller.start();
    for (const key of ['stuck', 'a', 'b']) {
      controller.enqueue(key);
    }
    await until('the others', () => done.length === 2);
    await until('the abort', () => aborted.length === 1);
    expect(aborted[0]).toContain('longer than 50 ms');
    await controller.stop();
  });

  it('stops what runs, waits for it, and is silent afterwards', async () => {
    let ended = false;
    const errors: unknown[] = [];
    const controller = createController({
      name: 'test',
      concurrency: 1,
      async reconcile(_key, signal) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await new Promise((resolve) => setImmediate(resolve));
        ended = true;
        throw signal.reason;
      },
      onError: (_key, error) => errors.push(error),
    });
    controller.start();
    controller.enqueue('a');
    await until('the run', () => controller.counts().running === 1);
    await controller.stop();
    expect(ended).toBe(true);
    expect(errors).toEqual([]);
    controller.enqueue('b');
    expect(controller.counts()).toEqual({ ready: 0, running: 0, waiting: 0, retrying: 0 });
  });
});
