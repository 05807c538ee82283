import { expect, it } from 'vitest';
import { KubeError } from './error.ts';
import { foldPages } from './fold-pages.ts';
import { ConfigMap } from './kinds/core.ts';

const { signal } = new AbortController();
const fold = (answers: (object | Error)[]) => {
  const left = [...answers];
  const kube = {
    async request() {
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return foldPages(
    kube,
    ConfigMap,
    { signal },
    () => [] as unknown[],
    (all, object) => void all.push(object),
  );
};
const page = (items: unknown[] | null, next?: string) => ({ metadata: { continue: next }, items });
const gone = new KubeError('Gone', 'The list has expired.');

it('folds every page', async () => {
  expect(await fold([page([1, 2], 'a'), page([3], 'b'), page(null)])).toEqual([1, 2, 3]);
});

it('starts over with nothing when the list expires on the way', async () => {
  expect(await fold([page([1, 2], 'a'), gone, page([1], 'a'), page([2, 3])])).toEqual([1, 2, 3]);
});

it('gives up on a list that always expires', async () => {
  await expect(fold([gone, gone, gone, gone])).rejects.toThrow('expired');
});

it('takes nothing else for a list', async () => {
  await expect(fold([{ kind: 'Status' }])).rejects.toThrow('not a Kubernetes list');
});
