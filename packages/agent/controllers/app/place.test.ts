import { containerState } from '@kubenova/domain/testing/fixtures.ts';
import type { Namespace } from '@kubenova/kube/kinds/core.ts';
import { describe, expect, it } from 'vitest';
import { placeProblem } from './place.ts';

const state = containerState({ image: 'nginx' });
const namespace = (labels: Record<string, string>, deletionTimestamp?: string): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: state.namespace, labels, deletionTimestamp },
});
const own = { 'kubenova.io/app-id': state.id };

describe('placeProblem', () => {
  it.each<[string, Namespace | undefined, string | undefined]>([
    ['its own', namespace(own), undefined],
    ['none', undefined, 'NamespaceMissing'],
    ['a sandbox, even one that bears the id', namespace({ ...own, 'kubenova.io/sandbox': 'true' }), 'Sandbox'],
    ['that of another App', namespace({ 'kubenova.io/app-id': 'x' }), 'ForeignNamespace'],
    ['one that nobody labelled', namespace({}), 'ForeignNamespace'],
    ['one that is going', namespace(own, '2026-01-01T00:00:00Z'), 'NamespaceTerminating'],
  ])('%s', (_what, found, reason) => {
    expect(placeProblem(state, found)?.reason).toBe(reason);
  });
});
