/** DaemonSets: a pod on every node that fits. Source: `k8s.io/kubernetes/pkg/controller/daemon`. */
import { DaemonSet } from '@kubenova/kube/kinds/apps.ts';
import { Node } from '@kubenova/kube/kinds/core.ts';
import { Pod, type PodSpec } from '@kubenova/kube/kinds/pod.ts';
import type { Controller } from './controller.ts';
import { portion } from './deployment.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';
import { recordRevision } from './revisions.ts';
import { misfit, nodeNameOf, type SchedulingSpec } from './scheduler.ts';

const HASH = 'controller-revision-hash';
const pressure = (name: string, effect: string) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect });
const TOLERATIONS = [
  ...['not-ready', 'unreachable'].map((name) => pressure(name, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) => pressure(name, 'NoSchedule')),
];
type Spec = NonNullable<DaemonSet['spec']> & {
  minReadySeconds?: number;
  updateStrategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string } };
};

export function daemonSetController(emit: Emit): Controller {
  return {
    name: 'daemon-set-controller',
    watches: ['daemonsets.apps', 'pods', 'nodes'],
    keysOf(change, { store }) {
      if (change.storage === 'pods') return owned.controllerKeys(change, 'DaemonSet');
      return change.storage === 'nodes'
        ? store.list('daemonsets.apps').entries.map(owned.keyOf)
        : [owned.keyOf(change.entry)];
    },
    async reconcile(key, context) {
      const set = context.client.find(DaemonSet, owned.refOf(key));
      if (set?.spec === undefined) return;
      const spec: Spec = set.spec;
      const all = await owned.claim(context, set, Pod, spec.selector);
      const { hash } = await recordRevision(context, set, HASH, ({ metadata }) =>
        all.some((pod) => pod.metadata.labels?.[HASH] === metadata.labels?.[HASH]),
      );
      const { template } = spec;
      const tolerations = [...(template.spec?.tolerations ?? []), ...TOLERATIONS];
      const podSpec: PodSpec & SchedulingSpec = { containers: [], ...template.spec, tolerations };
      const nodes = context.client.list(Node).filter((node) => misfit(podSpec, node) === undefined);
      const names = new Set(nodes.map(({ metadata }) => metadata.name));
      const placed = all.filter((pod) => names.has(nodeNameOf(pod.spec)));
      const pods = placed.filter(owned.isActive);
      const isNew = (pod: Pod) => pod.metadata.labels?.[HASH] === hash;
      const { ready, available, againInMs } = owned.availability(pods, spec.minReadySeconds, context.clock.now());
      let failure: Error | undefined;
      if (set.metadata.deletionTimestamp === undefined) {
        const over = all.filter(
          (pod) => !names.has(nodeNameOf(pod.spec)) || !['Pending', 'Running', undefined].includes(pod.status?.phase),
        );
        const { type, rollingUpdate } = spec.updateStrategy ?? {};
        const down = nodes.length - available.length;
        const allowed = portion(rollingUpdate?.maxUnavailable ?? 1, nodes.length, Math.ceil) - down;
        const old = type === 'OnDelete' ? [] : pods.filter((pod) => !isNew(pod));
        const broken = old.filter((pod) => !available.includes(pod));
        const serving = old.filter((pod) => available.includes(pod)).slice(0, Math.max(0, allowed));
        const doomed = new Set([...over, ...broken, ...serving].filter(({ metadata }) => !metadata.deletionTimestamp));
        await owned.deletePods(context, emit, set, [...doomed]);
        const bare = [...names].filter((name) => !placed.some((pod) => nodeNameOf(pod.spec) === name));
        failure = await owned.createPods(
          context,
          emit,
          set,
          bare.map((node) => podOn(node)),
        );
      }
      await owned.writeStatus(context, DaemonSet, set, {
        currentNumberScheduled: new Set(pods.map((pod) => nodeNameOf(pod.spec))).size,
        desiredNumberScheduled: nodes.length,
        numberMisscheduled: all.length - placed.length,
        numberReady: ready.length,
        observedGeneration: set.metadata.generation,
        ...owned.nonZero({
          updatedNumberScheduled: pods.filter(isNew).length,
          numberAvailable: available.length,
          numberUnavailable: nodes.length - available.length,
        }),
      });
      if (failure) throw failure;
      return owned.again(againInMs);

      function podOn(node: string): Pod {
        const name = `${set?.metadata.name.slice(0, 57)}-${owned.randomSuffix()}`;
        const labels = { [HASH]: hash, 'pod-template-generation': `${set?.metadata.generation}` };
        const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
        const required = { nodeSelectorTerms: [{ matchFields }] };
        const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
        return owned.podFrom(
          set as DaemonSet,
          { ...template, spec: { ...podSpec, affinity } as PodSpec },
          name,
          labels,
        );
      }
    },
  };
}
