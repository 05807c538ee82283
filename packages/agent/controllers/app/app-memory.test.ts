import type { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { describe, expect, it } from 'vitest';
import { freshest } from './app-memory.ts';

const at = (resourceVersion: string, uid = 'a'): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', uid, resourceVersion },
});

describe('freshest', () => {
  it.each([
    ['nothing was written', at('5'), undefined, '5'],
    ['the cache lags behind', at('9'), { object: at('10'), at: 1_000 }, '10'],
    ['the cache is ahead', at('11'), { object: at('10'), at: 1_000 }, '11'],
    ['the cache has not seen it at all', undefined, { object: at('10'), at: 1_000 }, '10'],
    ['another object has the name by now', at('9', 'b'), { object: at('10'), at: 1_000 }, '9'],
    ['it was long ago', undefined, { object: at('10'), at: -5_000 }, undefined],
    ['versions are not numbers', at('x'), { object: at('y'), at: 1_000 }, 'x'],
  ])('%s', (_what, cached, written, expected) => {
    expect(freshest(cached, written, 1_100)?.metadata.resourceVersion).toBe(expected);
  });
});
