/** ReplicaSets: as many active pods as asked for. Source: `k8s.io/kubernetes/pkg/controller/replicaset`. */
import { ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';

/** Pods go in this order: not on a node, not running, not ready, newest. */
function dispensable(a: Pod, b: Pod): number {
  const rank = (pod: Pod) =>
    (pod.spec?.nodeName ? 4 : 0) + (pod.status?.phase === 'Running' ? 2 : 0) + (owned.isReady(pod) ? 1 : 0);
  return rank(a) - rank(b) || -owned.byAge(a, b);
}

export function replicaSetController(emit: Emit): Controller {
  return owned.workloadController('replicaset-controller', ReplicaSet, 'pods', emit, async (set, work) => {
    const { replicas = 1, selector, template = {} } = set.spec ?? {};
    const all = await owned.claim(work, set, Pod, selector);
    const pods = all.filter(owned.isActive);
    const missing = replicas - pods.length;
    const fresh = (): Pod => owned.podFrom(set, template, owned.suffixed(set.metadata.name));
    const failure = await owned.createAll(work, Pod, Array.from({ length: Math.max(0, missing) }, fresh));
    if (missing < 0) await owned.deleteAll(work, Pod, [...pods].sort(dispensable).slice(0, -missing));
    const ready = pods.filter(owned.isReady).length;
    const old = set.status?.conditions ?? [];
    const refused = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: failure?.message,
    } as const;
    const conditions = failure ? owned.withCondition(old, refused, work.now) : owned.without(old, 'ReplicaFailure');
    const status = {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      ...owned.nonZero({ fullyLabeledReplicas: pods.length, readyReplicas: ready, availableReplicas: ready }),
      terminatingReplicas: all.filter(owned.isEnding).length,
      ...(conditions.length > 0 && { conditions }),
    };
    return { status, failure };
  });
}
