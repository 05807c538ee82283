import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyedQueue, type KeyedQueue } from './queue.ts';

let queue: KeyedQueue;
let ready: number;

beforeEach(() => {
  vi.useFakeTimers();
  ready = 0;
  const onReady = () => {
    ready += 1;
  };
  queue = createKeyedQueue({ backoff: { baseMs: 100, maxMs: 1_000 }, onReady, maxKeys: 3, random: () => 1 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the keyed queue', () => {
  it('holds a key once, in the order of arrival', () => {
    queue.add('a');
    queue.add('b');
    queue.add('a');
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', undefined]);
  });

  it('does not hand out a running key, but runs it again when it was added meanwhile', () => {
    queue.add('a');
    queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.take()).toBeUndefined();
    queue.succeed('a');
    expect(queue.take()).toBe('a');
    queue.succeed('a');
    expect(queue.take()).toBeUndefined();
    expect(queue.counts()).toEqual({ ready: 0, running: 0, waiting: 0, retrying: 0 });
  });

  it('keeps the earlier of two times', () => {
    queue.add('a', 1_000);
    queue.add('a', 5_000);
    vi.advanceTimersByTime(999);
    expect(queue.take()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(queue.take()).toBe('a');
    queue.add('a', 300);
    queue.succeed('a', 1_000);
    vi.advanceTimersByTime(300);
    expect(queue.take()).toBe('a');
  });

  it('waits longer after each failure, up to a limit, and starts over after a success', () => {
    queue.add('a');
    for (const wait of [100, 200, 400, 800, 1_000, 1_000]) {
      expect(queue.take()).toBe('a');
      queue.fail('a');
      vi.advanceTimersByTime(wait - 1);
      expect(queue.take()).toBeUndefined();
      vi.advanceTimersByTime(1);
    }
    queue.take();
    queue.succeed('a', 10);
    vi.advanceTimersByTime(10);
    expect(queue.failures('a')).toBe(0);
    queue.take();
    queue.fail('a');
    vi.advanceTimersByTime(100);
    expect(queue.take()).toBe('a');
  });

  it('waits at least as long as the server asks', () => {
    queue.add('a');
    queue.take();
    queue.fail('a', 7_000);
    vi.advanceTimersByTime(6_999);
    expect(queue.take()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(queue.take()).toBe('a');
  });

  it('brings a failed key forward when something new happened, and still counts its failures', () => {
    queue.add('a');
    queue.take();
    queue.fail('a');
    expect(queue.counts()).toMatchObject({ waiting: 1, retrying: 1 });
    queue.add('a');
    expect(queue.take()).toBe('a');
    expect(queue.failures('a')).toBe(1);
  });

  it('is bounded, and takes nothing once it is closed', () => {
    expect(['a', 'b', 'c', 'd'].map((key) => queue.add(key))).toEqual([true, true, true, false]);
    expect(queue.add('a')).toBe(true);
    queue.close();
    queue.add('e');
    expect(queue.take()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells each time that a key is ready', () => {
    queue.add('a');
    queue.add('a');
    queue.add('b', 50);
    expect(ready).toBe(1);
    vi.advanceTimersByTime(50);
    expect(ready).toBe(2);
  });
});
