/**
 * What has to be written so that a cluster holds what is desired. Pure; the reconciler only carries it out. A settled
 * world gives an empty plan, and so no writes.
 *
 * An object is as desired when everything that we ask for is in it; what others added (a default, an owner reference set
 * by Capsule) does not matter. That alone would miss a field that we asked for once and no longer do, such as a quota
 * that was taken away. Each object therefore carries a hash of what was last asked for, and a different hash makes a new
 * server-side apply, which takes such fields off.
 */
import { contentHash } from './canonical-json.ts';
import { DESIRED_HASH } from './labels.ts';
import { isRecord, type Manifest } from './manifest.ts';
import { sameQuantity } from './quantity.ts';

/** One write. */
export type PlanAction =
  /** Server-side apply of `object`; `reason` says what was found. */
  | { action: 'apply'; object: Manifest; reason: string }
  /** Delete `observed`, then apply `object`: a binding whose `roleRef` differs, which cannot be changed. */
  | { action: 'recreate'; object: Manifest; observed: Manifest; reason: string }
  /** The object is going away and has to be gone before it can be made again. */
  | { action: 'wait'; object: Manifest; reason: string }
  | { action: 'delete'; observed: Manifest };

export interface PlanOptions {
  /** Says of an observed object that is not desired whether it is ours to delete; nothing is, unless this says so. */
  prune?: (observed: Manifest) => boolean;
}

/** The writes that lead from what was observed to what is desired, in the order of what is desired; deletions last. */
export function planApply(
  observed: readonly (Manifest | undefined)[],
  desired: readonly Manifest[],
  options: PlanOptions = {},
): PlanAction[] {
  const present = new Map<string, Manifest>();
  for (const object of observed) if (object !== undefined) present.set(identityOf(object), object);
  const actions: PlanAction[] = [];
  for (const wanted of desired) {
    const key = identityOf(wanted);
    const action = planObject(present.get(key), withDesiredHash(wanted));
    if (action !== undefined) actions.push(action);
    present.delete(key);
  }
  for (const leftover of present.values()) {
    if (leftover.metadata.deletionTimestamp === undefined && options.prune?.(leftover) === true) {
      actions.push({ action: 'delete', observed: leftover });
    }
  }
  return actions;
}

/** The object with the hash of what it asks for among its annotations; what `planApply` applies. */
export function withDesiredHash(object: Manifest): Manifest {
  const annotations = { ...object.metadata.annotations };
  delete annotations[DESIRED_HASH];
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  annotations[DESIRED_HASH] = contentHash(bare).slice(0, 16);
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/**
 * Where `observed` differs from what `desired` asks for, as a path such as `spec.replicas`; undefined when all of it is
 * there. Arrays have to have the same length; quantities are compared by value.
 */
export function firstDifference(desired: unknown, observed: unknown): string | undefined {
  const steps = differingSteps(desired, observed);
  return steps === undefined ? undefined : pathText(steps);
}

/** The same, step by step. */
export function differingSteps(
  desired: unknown,
  observed: unknown,
  steps: readonly (string | number)[] = [],
): readonly (string | number)[] | undefined {
  if (Array.isArray(desired)) {
    // Whoever writes a list back through Go's types leaves an empty one out, as Capsule does with a Tenant.
    if (desired.length === 0 && observed === undefined) return undefined;
    if (!Array.isArray(observed) || observed.length !== desired.length) return steps;
    for (const [index, item] of desired.entries()) {
      const difference = differingSteps(item, observed[index], [...steps, index]);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (isRecord(desired)) {
    // An empty object is never stored as a difference: the API server leaves it out or fills it.
    if (Object.keys(desired).length === 0) return observed === undefined || isRecord(observed) ? undefined : steps;
    if (!isRecord(observed)) return steps;
    for (const [key, value] of Object.entries(desired)) {
      if (value === undefined) continue;
      const difference = differingSteps(value, observed[key], [...steps, key]);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (desired === observed) return undefined;
  const quantities = isScalar(desired) && isScalar(observed) && steps.some((step) => QUANTITIES.has(step));
  return quantities && sameQuantity(desired, observed) ? undefined : steps;
}

/** `spec.items[0].name` */
export function pathText(steps: readonly (string | number)[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`;
    return path === '' ? step : `${path}.${step}`;
  }, '');
}

/** Above quantities: in quotas, in containers, and in the items of a LimitRange. */
const QUANTITIES: ReadonlySet<string | number> = new Set([
  'hard',
  'requests',
  'limits',
  'max',
  'min',
  'default',
  'defaultRequest',
  'maxLimitRequestRatio',
]);

function planObject(observed: Manifest | undefined, object: Manifest): PlanAction | undefined {
  if (observed === undefined) return { action: 'apply', object, reason: 'It is not there.' };
  if (observed.metadata.deletionTimestamp !== undefined) {
    return { action: 'wait', object, reason: 'It is being deleted.' };
  }
  if (firstDifference(object.roleRef, observed.roleRef) !== undefined && object.roleRef !== undefined) {
    return { action: 'recreate', object, observed, reason: 'Its roleRef differs and cannot be changed.' };
  }
  const difference = firstDifference(object, observed);
  if (difference === undefined) return undefined;
  return { action: 'apply', object, reason: `${difference} differs.` };
}

/** The group is enough: an object is served in every version of it. */
function identityOf(object: Manifest): string {
  const group = object.apiVersion.includes('/') ? object.apiVersion.slice(0, object.apiVersion.indexOf('/')) : '';
  return [group, object.kind, object.metadata.namespace ?? '', object.metadata.name].join('/');
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
