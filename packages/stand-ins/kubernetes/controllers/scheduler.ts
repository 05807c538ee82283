/**
 * kube-scheduler: binds pods to nodes by node selector, affinity to nodes, taints, claims and size. Of CPU and memory a
 * node counts as empty: only a pod that it could never hold is refused. Affinity between pods, topology spread,
 * and node affinity by `Gt` and `Lt` are not looked at. Source: `k8s.io/kubernetes/pkg/scheduler`.
 */
import { Node, PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { Pod, type PodSpec } from '@kubenova/kube/kinds/pod.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import { parseQuantity } from '@kubenova/kube-model/schema/quantity.ts';
import { type LabelSelector, labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';
import { condition, isActive, keyOf, refOf, withCondition } from './owned.ts';

/** Pods that name another scheduler are left to it. */
const OURS = 'default-scheduler';

type Expressions = NonNullable<LabelSelector['matchExpressions']>;
type Term = { matchExpressions?: Expressions; matchFields?: Expressions };
type Toleration = { key?: string; operator?: string; value?: string; effect?: string };
type Affine = PodSpec & {
  affinity?: { nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: Term[] } } };
};

/** Why a pod cannot be on a node, in the scheduler's words; undefined when it can. */
export function misfit(spec: Affine, node: Node): string | undefined {
  const { name, labels = {} } = node.metadata;
  const tolerated = (key: string, value: string, effect: string): boolean =>
    ((spec.tolerations ?? []) as Toleration[]).some(
      (one) =>
        (!one.effect || one.effect === effect) &&
        (!one.key || one.key === key) &&
        (one.operator === 'Exists' || (one.value ?? '') === value),
    );
  const { unschedulable, taints = [] } = node.spec ?? {};
  if (unschedulable && !tolerated('node.kubernetes.io/unschedulable', '', 'NoSchedule'))
    return 'node(s) were unschedulable';
  const unready = condition(node, 'Ready')?.status !== 'True';
  const repelling = taints.filter(
    ({ key, value = '', effect }) => effect !== 'PreferNoSchedule' && !tolerated(key, value, effect),
  );
  if (repelling.length > 0 || (unready && !tolerated('node.kubernetes.io/not-ready', '', 'NoExecute'))) {
    return 'node(s) had untolerated taint(s)';
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const attracted = required?.nodeSelectorTerms.some(
    ({ matchExpressions, matchFields: fields }) =>
      labelSelectorPredicate({ matchExpressions })(labels) &&
      labelSelectorPredicate({ matchExpressions: fields })({ 'metadata.name': name }),
  );
  const selected = labelSelectorPredicate({ matchLabels: spec.nodeSelector })(labels);
  return selected && attracted !== false ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

/** What a pod asks for and an empty node does not have. */
function shortage(spec: PodSpec, node: Node): string | undefined {
  const room = node.status?.allocatable ?? {};
  const short = ['cpu', 'ephemeral-storage', 'memory'].find((resource) => {
    const asked = spec.containers.map(({ resources }) => parseQuantity(resources?.requests?.[resource])?.nanos ?? 0n);
    const has = parseQuantity(room[resource])?.nanos;
    return has !== undefined && asked.reduce((sum, one) => sum + one, 0n) > has;
  });
  return short === undefined ? undefined : `Insufficient ${short}`;
}

/** Why no node at all will do for its volumes. The dangling `not found` is the scheduler's own. */
function volumeProblem({ client }: ControllerContext, { spec, metadata: { namespace } }: Pod): string | undefined {
  for (const { persistentVolumeClaim } of spec?.volumes ?? []) {
    if (persistentVolumeClaim === undefined) continue;
    const { claimName: name } = persistentVolumeClaim as { claimName: string };
    const claim = client.find(PersistentVolumeClaim, { name, namespace });
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found. not found`;
    if (claim.status?.phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims. not found';
  }
  return undefined;
}

function unschedulable(count: number, problem: string | undefined, misfits: readonly (string | undefined)[]): string {
  if (count === 0) return 'no nodes available to schedule pods';
  const none = `0/${count} nodes are available:`;
  if (problem !== undefined) return `${none} ${problem}`;
  const reasons = [...new Set(misfits)].map((why) => `${misfits.filter((one) => one === why).length} ${why}`);
  return `${none} ${reasons.sort().join(', ')}. preemption: ${none} ${count} Preemption is not helpful for scheduling.`;
}

export function scheduler(emit: Emit): Controller {
  const waits = (pod: Pod) => {
    const { nodeName, schedulerName = OURS } = pod.spec ?? {};
    return nodeName === undefined && schedulerName === OURS && isActive(pod);
  };
  return {
    name: 'kube-scheduler',
    watches: ['pods', 'nodes', 'persistentvolumeclaims'],
    keysOf({ storage, type, entry }, { client }) {
      if (type === 'DELETED') return [];
      if (storage === 'pods') return waits(entry.object) ? [keyOf(entry)] : [];
      const pods = client.list(Pod, storage === 'nodes' ? undefined : entry.namespace);
      return pods.filter(waits).map(({ metadata }) => keyOf(metadata));
    },
    async reconcile(key, context) {
      const { client, clock, store } = context;
      const ref = refOf(key);
      const entry = store.get('pods', ref.namespace, ref.name);
      const pod: Pod | undefined = entry?.object;
      if (entry === undefined || pod === undefined || !waits(pod)) return;
      const nodes = client.list(Node);
      const problem = volumeProblem(context, pod);
      const { spec = { containers: [] } } = pod;
      const misfits = nodes.map((node) => misfit(spec, node) ?? shortage(spec, node));
      const fitting = problem ? [] : nodes.filter((_, index) => misfits[index] === undefined);
      const chosen = fitting[Number.parseInt(entry.uid.slice(0, 8), 16) % fitting.length] ?? fitting[0];
      const { conditions = [] } = pod.status ?? {};
      const said = { type: 'PodScheduled', lastProbeTime: null };
      if (chosen === undefined) {
        const message = unschedulable(nodes.length, problem, misfits);
        const why = { reason: 'Unschedulable', message, observedGeneration: pod.metadata.generation };
        const next = withCondition(conditions, { ...said, status: 'False', ...why }, timestamp(clock), true);
        const news = condition(pod, 'PodScheduled')?.message !== message;
        if (news) await client.patch(Pod, ref, { status: { conditions: next } }, 'status');
        await emit(context, pod, { type: 'Warning', reason: 'FailedScheduling', message });
        return;
      }
      // The API server's binding subresource writes so too: past admission's mutations and the ownership of fields.
      const bound = {
        ...pod,
        spec: { ...pod.spec, nodeName: chosen.metadata.name },
        status: { ...pod.status, conditions: withCondition(conditions, { ...said, status: 'True' }, timestamp(clock)) },
      };
      if (store.put('pods', bound, entry) === undefined) return { againInMs: 0 };
      const message = `Successfully assigned ${key} to ${chosen.metadata.name}`;
      await emit(context, pod, { reason: 'Scheduled', message });
    },
  };
}
