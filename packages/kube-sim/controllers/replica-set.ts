/** ReplicaSets: as many active pods as asked for. Source: `k8s.io/kubernetes/pkg/controller/replicaset`. */
import { ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { timestamp } from '../clock.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';

const PHASES = ['Unknown', 'Pending', 'Running'];
/** Pods go in this order: not on a node, not running, not ready, newest. */
function dispensable(a: Pod, b: Pod): number {
  const [left, right] = [a, b].map((pod) => [
    pod.spec?.nodeName === undefined ? 0 : 1,
    PHASES.indexOf(pod.status?.phase ?? 'Unknown'),
    owned.isReady(pod) ? 1 : 0,
  ]);
  const difference = left?.map((rank, index) => rank - (right?.[index] ?? 0)).find((rank) => rank !== 0);
  return difference ?? -owned.byAge(a, b);
}

export function replicaSetController(emit: Emit): Controller {
  return {
    name: 'replicaset-controller',
    watches: ['replicasets.apps', 'pods'],
    keysOf: (change) =>
      change.storage === 'pods' ? owned.controllerKeys(change, 'ReplicaSet') : [owned.keyOf(change.entry)],
    async reconcile(key, context) {
      const { client, clock } = context;
      const set = client.find(ReplicaSet, owned.refOf(key));
      if (set?.spec === undefined) return;
      const {
        replicas = 1,
        selector,
        template,
        minReadySeconds,
      }: typeof set.spec & { minReadySeconds?: number } = set.spec;
      const all = await owned.claim(context, set, Pod, selector);
      const pods = all.filter(owned.isActive);
      const missing = replicas - pods.length;
      let failure: Error | undefined;
      if (set.metadata.deletionTimestamp === undefined && missing > 0 && template !== undefined) {
        const name = set.metadata.name.slice(0, 57);
        const made = Array.from({ length: missing }, () =>
          owned.podFrom(set, template, `${name}-${owned.randomSuffix()}`),
        );
        failure = await owned.createPods(context, emit, set, made);
      } else if (set.metadata.deletionTimestamp === undefined && missing < 0) {
        await owned.deletePods(context, emit, set, pods.sort(dispensable).slice(0, -missing));
      }
      const { ready, available, againInMs } = owned.availability(pods, minReadySeconds, clock.now());
      const labels = Object.entries(template?.metadata?.labels ?? {});
      const labelled = pods.filter(({ metadata }) =>
        labels.every(([name, value]) => metadata.labels?.[name] === value),
      );
      const old = set.status?.conditions ?? [];
      const refused = {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: failure?.message ?? '',
      } as const;
      const conditions = failure
        ? owned.withCondition(old, refused, timestamp(clock))
        : owned.without(old, missing > 0 && set.metadata.deletionTimestamp ? '' : 'ReplicaFailure');
      await owned.writeStatus(context, ReplicaSet, set, {
        observedGeneration: set.metadata.generation,
        replicas: pods.length,
        ...owned.nonZero({
          fullyLabeledReplicas: labelled.length,
          readyReplicas: ready.length,
          availableReplicas: available.length,
        }),
        terminatingReplicas: all.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length,
        ...(conditions.length > 0 && { conditions }),
      });
      if (failure) throw failure;
      return owned.again(againInMs);
    },
  };
}
