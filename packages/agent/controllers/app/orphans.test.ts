import { containerState } from '@kubenova/domain/testing/fixtures.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import { describe, expect, it } from 'vitest';
import { removeApplications, strayApplications } from './orphans.ts';

const state = containerState({ image: 'nginx' });
const ours = { 'app.kubernetes.io/managed-by': 'kubenova', 'kubenova.io/app-id': state.id };
const application = (metadata: Partial<Application['metadata']>, status?: Application['status']): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: state.name, namespace: state.namespace, uid: 'u', labels: ours, ...metadata },
  spec: { components: [] },
  ...(status && { status }),
});

describe('strayApplications', () => {
  it.each<[string, Application, boolean, boolean]>([
    ['the one that is asked for', application({}), false, true],
    ['one in another namespace', application({ namespace: 'elsewhere' }), true, true],
    ['one of another name', application({ name: 'other' }), true, true],
    ['one of another App', application({ labels: { ...ours, 'kubenova.io/app-id': 'x' } }), false, false],
    ['one that KubeNova did not make', application({ labels: { 'kubenova.io/app-id': state.id } }), false, false],
  ])('%s', (_what, found, whileAskedFor, whenGone) => {
    expect(strayApplications([found], state.id, state).length > 0).toBe(whileAskedFor);
    expect(strayApplications([found], state.id, undefined).length > 0).toBe(whenGone);
  });
});

describe('removeApplications', () => {
  const run = async (found: Application, nowMs: number) => {
    const calls: unknown[] = [];
    const client = {
      delete: async (_resource: unknown, ref: object, options: { uid?: string }) =>
        void calls.push(['delete', ref, options.uid]),
      patch: async (_resource: unknown, ref: object) => void calls.push(['poke', ref]),
    } as never;
    const removal = await removeApplications(client, [found], nowMs, new AbortController().signal);
    return { calls, removal };
  };
  const ref = { name: state.name, namespace: state.namespace };
  const began = '2026-01-01T00:00:00Z';
  const beganMs = Date.parse(began);

  it('deletes exactly the object that was seen', async () => {
    expect((await run(application({}), 0)).calls).toEqual([['delete', ref, 'u']]);
  });

  it('waits, says what for, and pokes KubeVela when it takes long, now and then', async () => {
    const status = {
      conditions: [
        { type: 'Ready', status: 'False' as const, reason: 'Deleting', message: 'Waiting for Deployment web.' },
      ],
    };
    const { calls, removal } = await run(application({ deletionTimestamp: began }, status), beganMs + 1_000);
    expect(calls).toEqual([]);
    expect(removal.waiting[0]?.reason).toBe('Waiting for Deployment web.');
    expect((await run(application({ deletionTimestamp: began }), beganMs + 21_000)).calls).toEqual([['poke', ref]]);
    const poked = { 'kubenova.io/poked-at': new Date(beganMs + 21_000).toISOString() };
    expect((await run(application({ deletionTimestamp: began, annotations: poked }), beganMs + 30_000)).calls).toEqual(
      [],
    );
    expect((await run(application({ deletionTimestamp: began, annotations: poked }), beganMs + 42_000)).calls).toEqual([
      ['poke', ref],
    ]);
  });
});
