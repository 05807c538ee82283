import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { createWorld, OPTIONS, type World } from '../testing/world.ts';
import { bind, evict } from './subresources.ts';

const BUDGETS = 'poddisruptionbudgets.policy';

/** A running pod, and budgets as their controller has left them. */
function world(budgets: Record<string, object> = {}, ready = 'True'): World {
  const made = createWorld();
  const metadata = (name: string) => ({ name, namespace: 'ns', uid: name, labels: { app: 'p' } });
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] };
  made.store.put('pods', { apiVersion: 'v1', kind: 'Pod', metadata: metadata('p'), spec: {}, status }, undefined);
  for (const [name, counts] of Object.entries(budgets)) {
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'p' } } };
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadata(name), spec };
    made.store.put(BUDGETS, { ...budget, status: counts } as KubeObject, undefined);
  }
  return made;
}
const ask = (made: World, name = 'p', options = OPTIONS) =>
  evict(made, made.on('pods', 'p', 'eviction'), options, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
  });

describe('an eviction', () => {
  it('deletes the pod, and takes one disruption from its budget', async () => {
    const made = world({ b: { disruptionsAllowed: 2, currentHealthy: 3, desiredHealthy: 1 } });
    expect(await ask(made)).toMatchObject({ status: 'Success', code: 201 });
    expect(made.store.get('pods', 'ns', 'p')).toBeUndefined();
    expect(made.store.get(BUDGETS, 'ns', 'b')?.object.status).toMatchObject({ disruptionsAllowed: 1 });
  });

  it('asks no budget of other pods', async () => {
    const made = world();
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'other' } } };
    const metadata = { name: 'b', namespace: 'ns' };
    made.store.put(BUDGETS, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec }, undefined);
    expect(await ask(made)).toMatchObject({ status: 'Success', code: 201 });
  });

  it('keeps everything on a dry run', async () => {
    const made = world({ b: { disruptionsAllowed: 1 } });
    const before = made.store.revision;
    await ask(made, 'p', { ...OPTIONS, dryRun: true });
    expect(made.store.revision).toBe(before);
  });

  const spent = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 };
  const refused = "Cannot evict pod as it would violate the pod's disruption budget.";
  it.each([
    ['when its budget is used up', { b: spent }, 'p', 429, refused],
    ['while its budget is not counted', { b: {} }, 'p', 429, refused],
    [
      'when it has two budgets',
      { a: spent, b: spent },
      'p',
      500,
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    ],
    ['of another name', {}, 'q', 400, 'name in URL does not match name in Eviction object'],
  ])('is refused %s', async (_why, budgets, name, code, message) => {
    await expect(ask(world(budgets), name)).rejects.toMatchObject({ status: { code, message } });
  });

  it('says how many the budget needs', async () => {
    const causes = [
      { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
    ];
    await expect(ask(world({ b: spent }))).rejects.toMatchObject({ status: { details: { causes } } });
  });

  it('of a pod that is not ready costs nothing while enough others are', async () => {
    expect(await ask(world({ b: spent }, 'False'))).toMatchObject({ code: 201 });
    const few = { ...spent, currentHealthy: 0 };
    await expect(ask(world({ b: few }, 'False'))).rejects.toMatchObject({ status: { code: 429 } });
  });
});

describe('a binding', () => {
  const to = (node: string): KubeObject => {
    return { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { name: node } };
  };

  it('gives the pod a node, once', async () => {
    const made = world();
    const call = made.on('pods', 'p', 'binding');
    await bind(made, call, { ...OPTIONS, dryRun: true }, to('n'));
    expect(await bind(made, call, OPTIONS, to('n'))).toMatchObject({ status: 'Success', code: 201 });
    const pod = made.store.get('pods', 'ns', 'p')?.object;
    expect(pod?.spec).toEqual({ nodeName: 'n' });
    expect(pod?.status).toMatchObject({ conditions: [{ type: 'Ready' }, { type: 'PodScheduled', status: 'True' }] });
    expect(pod?.metadata).not.toHaveProperty('managedFields');
    await expect(bind(made, call, OPTIONS, to('m'))).rejects.toMatchObject({
      status: {
        code: 409,
        message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n"',
      },
    });
  });

  it('needs a node', async () => {
    const made = world();
    const asked = bind(made, made.on('pods', 'p', 'binding'), OPTIONS, to(''));
    await expect(asked).rejects.toMatchObject({ status: { code: 500, message: 'target.name: Required value' } });
  });
});
