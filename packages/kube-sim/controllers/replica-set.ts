/** ReplicaSets: as many active pods as asked for. Source: `k8s.io/kubernetes/pkg/controller/replicaset`. */
import { ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { timestamp } from '../clock.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';

type Spec = NonNullable<ReplicaSet['spec']> & { minReadySeconds?: number };

/** Pods go in this order: not on a node, not running, not ready, newest. */
function dispensable(a: Pod, b: Pod): number {
  const rank = (pod: Pod) =>
    (pod.spec?.nodeName ? 4 : 0) + (pod.status?.phase === 'Running' ? 2 : 0) + (owned.isReady(pod) ? 1 : 0);
  return rank(a) - rank(b) || -owned.byAge(a, b);
}

export function replicaSetController(emit: Emit): Controller {
  return owned.workloadController('replicaset-controller', ReplicaSet, 'pods', async (set, context) => {
    const { replicas = 1, selector, template = {}, minReadySeconds } = set.spec as Spec;
    const all = await owned.claim(context, set, Pod, selector);
    const pods = all.filter(owned.isActive);
    const ending = owned.isEnding(set);
    const missing = ending ? 0 : replicas - pods.length;
    const fresh = (): Pod => owned.podFrom(set, template, owned.suffixed(set.metadata.name));
    const failure = await owned.createPods(context, emit, set, Array.from({ length: Math.max(0, missing) }, fresh));
    if (missing < 0) await owned.deletePods(context, emit, set, [...pods].sort(dispensable).slice(0, -missing));
    const { ready, available, againInMs } = owned.availability(pods, minReadySeconds, context.clock.now());
    const labels = Object.entries(template.metadata?.labels ?? {});
    const old = set.status?.conditions ?? [];
    const refused = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: failure?.message,
    } as const;
    const now = timestamp(context.clock);
    const kept = ending ? old : owned.without(old, 'ReplicaFailure');
    const conditions = failure ? owned.withCondition(old, refused, now) : kept;
    await owned.writeStatus(context, ReplicaSet, set, {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      ...owned.nonZero({
        fullyLabeledReplicas: pods.filter(({ metadata }) => labels.every(([k, v]) => metadata.labels?.[k] === v))
          .length,
        readyReplicas: ready.length,
        availableReplicas: available.length,
      }),
      terminatingReplicas: all.filter(owned.isEnding).length,
      ...(conditions.length > 0 && { conditions }),
    });
    if (failure) throw failure;
    return againInMs;
  });
}
