/**
 * Puts desired objects on a cluster as `apply.ts` does, and notes what of it was drift. What comes back again and again is
 * left for a while, so that KubeNova does not race another writer; that is a condition too.
 */
import { type ConditionInput, findCondition } from '@kubenova/domain/conditions.ts';
import { driftOf } from '@kubenova/domain/drift.ts';
import { DRIFT_FREE, driftCondition, type Finding } from '@kubenova/domain/drift-report.ts';
import { DESIRED_HASH } from '@kubenova/domain/labels.ts';
import { type Manifest, objectTitle } from '@kubenova/domain/manifest.ts';
import { notBefore, type Repairs, repaired } from '@kubenova/domain/repairs.ts';
import type { Condition } from '@kubenova/knapi/schemas.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { applyWhereDifferent, resourceOf } from './apply.ts';
import type { Findings, ReconcileContext } from './context.ts';

/** How often each object was put back; bounded, the longest untouched goes first. It need not outlive the process. */
export type RepairMemory = Map<string, Repairs>;

const REMEMBERED = 10_000;

export interface Mender {
  /**
   * Applies `desired` where it differs.
   *
   * @param wasThere whether a missing object is known to have been there, so that its absence is drift
   * @returns the object as it is then; undefined while there is none
   */
  settle(observed: KubeObject | undefined, desired: Manifest, wasThere: boolean): Promise<KubeObject | undefined>;
  /** Deletes an object of ours that is not desired. One that KubeNova never wrote is drift: somebody copied its labels. */
  remove(observed: KubeObject): Promise<void>;
  /** The findings with what was drift, and the time at which what is left alone for now is put back. */
  told<F extends Findings>(findings: F, previous: readonly Condition[], reported?: string): F;
}

export function createMender(
  context: Pick<ReconcileContext, 'now' | 'repairs'>,
  kube: KubeClient,
  clusterId: string,
  signal: AbortSignal,
): Mender {
  const { repairs } = context;
  const found: Finding[] = [];

  /** Mends, unless it has been done too often just now. */
  async function mend<T>(drift: Finding, untouched: T, work: () => Promise<T>): Promise<T> {
    const key = `${clusterId} ${drift.object}`;
    const known = repairs.get(key);
    const next = notBefore(known);
    if (known !== undefined && next > context.now().getTime()) {
      found.push({ ...drift, times: known.times, notBefore: next });
      return untouched;
    }
    const result = await work();
    const after = repaired(known, context.now().getTime());
    // What was set last stands last in a Map.
    repairs.delete(key);
    repairs.set(key, after);
    for (const oldest of repairs.keys()) {
      if (repairs.size <= REMEMBERED) break;
      repairs.delete(oldest);
    }
    found.push({ ...drift, times: after.times });
    return result;
  }

  return {
    async settle(observed, desired, wasThere) {
      const work = () => applyWhereDifferent(kube, observed, desired, signal);
      const drift = driftOf(observed, desired, wasThere);
      return drift === undefined ? work() : mend({ ...drift, times: 1 }, observed, work);
    },
    async remove(observed) {
      const { name, namespace, uid, annotations = {} } = observed.metadata;
      const work = () => kube.delete(resourceOf(observed), { name, namespace }, { uid, signal });
      if (annotations[DESIRED_HASH] !== undefined) return work().then(() => undefined);
      const object = objectTitle(observed);
      const what = 'bore the labels of KubeNova, which does not ask for it,';
      return mend<unknown>({ object, what, times: 1, action: 'removed' }, undefined, work).then(() => undefined);
    },
    told(findings, previous, reported) {
      const now = context.now();
      const condition = driftCondition(found, reported, findCondition(previous, DRIFT_FREE), now);
      if (condition === undefined) return findings;
      const conditions: ConditionInput[] = [...findings.conditions, condition];
      const waits = found.flatMap((finding) => (finding.notBefore === undefined ? [] : [finding.notBefore]));
      if (waits.length === 0) return { ...findings, conditions };
      const wait = Math.max(100, Math.min(...waits) - now.getTime());
      return { ...findings, conditions, requeueAfterMs: Math.min(wait, findings.requeueAfterMs ?? wait) };
    },
  };
}
