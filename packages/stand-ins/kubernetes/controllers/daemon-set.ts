/**
 * DaemonSets: a pod on every node that fits, put there without the scheduler.
 * Source: `k8s.io/kubernetes/pkg/controller/daemon`.
 */
import { DaemonSet } from '@kubenova/kube/kinds/apps.ts';
import { Node } from '@kubenova/kube/kinds/core.ts';
import { Pod, type PodSpec } from '@kubenova/kube/kinds/pod.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';
import { recordRevision } from './revisions.ts';
import { misfit } from './scheduler.ts';

const HASH = 'controller-revision-hash';
const TOLERATIONS = Object.entries({
  NoExecute: ['not-ready', 'unreachable'],
  NoSchedule: ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'],
}).flatMap(([effect, taints]) =>
  taints.map((taint) => ({ key: `node.kubernetes.io/${taint}`, operator: 'Exists', effect })),
);

type Spec = NonNullable<DaemonSet['spec']> & {
  updateStrategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string } };
};

export function daemonSetController(emit: Emit): Controller {
  const own = owned.workloadController('daemon-set-controller', DaemonSet, 'pods', emit, async (set, work) => {
    const { selector, template, updateStrategy } = set.spec as Spec;
    const all = await owned.claim(work, set, Pod, selector);
    const { hash } = await recordRevision(work, set, HASH);
    const tolerations = [...(template.spec?.tolerations ?? []), ...TOLERATIONS];
    const podSpec: PodSpec = { containers: [], ...template.spec, tolerations };
    const nodes = work.client.list(Node).filter((node) => misfit(podSpec, node) === undefined);
    const names = nodes.map(({ metadata }) => metadata.name);
    const placed = all.filter((pod) => names.includes(pod.spec?.nodeName ?? ''));
    const pods = placed.filter(owned.isActive);
    const isNew = (pod: Pod) => pod.metadata.labels?.[HASH] === hash;
    const ready = pods.filter(owned.isReady);

    function podOn(nodeName: string): Pod {
      const labels = { [HASH]: hash, 'pod-template-generation': `${set.metadata.generation}` };
      const spec = { ...podSpec, nodeName };
      return owned.podFrom(set, { ...template, spec }, owned.suffixed(set.metadata.name), labels);
    }
    const most = owned.portion(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes.length, Math.ceil);
    const old = updateStrategy?.type === 'OnDelete' ? [] : pods.filter((pod) => !isNew(pod));
    const serving = old.filter(owned.isReady);
    const allowed = Math.max(0, most - (nodes.length - ready.length));
    const kept = pods.filter((pod) => !old.includes(pod) || serving.indexOf(pod) >= allowed);
    const doomed = all.filter((pod) => !kept.includes(pod) && !owned.isEnding(pod));
    await owned.deleteAll(work, Pod, doomed);
    const bare = names.filter((name) => !placed.some((pod) => pod.spec?.nodeName === name));
    const failure = await owned.createAll(work, Pod, bare.map(podOn));
    const status = {
      currentNumberScheduled: new Set(pods.map((pod) => pod.spec?.nodeName)).size,
      desiredNumberScheduled: nodes.length,
      numberMisscheduled: all.length - placed.length,
      numberReady: ready.length,
      observedGeneration: set.metadata.generation,
      ...owned.nonZero({
        updatedNumberScheduled: pods.filter(isNew).length,
        numberAvailable: ready.length,
        numberUnavailable: nodes.length - ready.length,
      }),
    };
    return { status, failure };
  });
  return {
    ...own,
    watches: [...own.watches, 'nodes'],
    keysOf: (change, context) =>
      change.storage === 'nodes'
        ? context.store.list('daemonsets.apps').entries.map(owned.keyOf)
        : own.keysOf(change, context),
  };
}
