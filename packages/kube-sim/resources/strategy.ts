import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { ResourceType } from './resource-type.ts';

export interface StrategyContext {
  readonly store: Store;
  readonly clock: Clock;
}

/** What the API server itself decides of a new object, in place: generation, no status, allocated fields. */
export function prepareForCreate(_type: ResourceType, _object: KubeObject, _context: StrategyContext): void {}

/** The same for a change: what this endpoint may not change is taken from `old`; `generation` counts. */
export function prepareForUpdate(
  _type: ResourceType,
  _object: KubeObject,
  _old: KubeObject,
  _subresource: string | undefined,
  _context: StrategyContext,
): void {}
