/**
 * kube-scheduler: binds pods to nodes by node selector, affinity to nodes, taints and claims. What they ask for in CPU
 * and memory, affinity between pods and topology spread are not looked at. Source: `k8s.io/kubernetes/pkg/scheduler`.
 */
import { Node, PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { Pod, type PodSpec } from '@kubenova/kube/kinds/pod.ts';
import { timestamp } from '../clock.ts';
import type { Change } from '../store/store.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';
import { condition, isActive, keyOf, refOf, type StatusCondition, withCondition } from './owned.ts';

interface Expression {
  key: string;
  operator: string;
  values?: string[];
}
interface Term {
  matchExpressions?: Expression[];
  matchFields?: Expression[];
}
export interface SchedulingSpec {
  nodeSelector?: Record<string, string>;
  tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
  affinity?: { nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: Term[] } } };
}

const termsOf = (spec: SchedulingSpec | undefined): Term[] | undefined =>
  spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

/** Where a pod is, or where a DaemonSet has destined it to be. */
export function nodeNameOf(spec: PodSpec | undefined): string {
  const destined = termsOf(spec as SchedulingSpec | undefined)?.flatMap(({ matchFields = [] }) => matchFields)[0];
  return spec?.nodeName ?? destined?.values?.[0] ?? '';
}

/** Why a pod cannot be on a node, in the scheduler's words; undefined when it can. */
export function misfit(spec: SchedulingSpec, node: Node): string | undefined {
  const { name, labels = {} } = node.metadata;
  const tolerated = (key: string, value: string, effect: string): boolean =>
    (spec.tolerations ?? []).some(
      (one) =>
        (!one.effect || one.effect === effect) &&
        (!one.key || one.key === key) &&
        (one.operator === 'Exists' || (one.value ?? '') === value),
    );
  if (node.spec?.unschedulable && !tolerated('node.kubernetes.io/unschedulable', '', 'NoSchedule')) {
    return 'node(s) were unschedulable';
  }
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  if (condition(node, 'Ready')?.status !== 'True')
    taints.push({ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' });
  if (taints.some(({ key, value = '', effect }) => !tolerated(key, value, effect)))
    return 'node(s) had untolerated taint(s)';
  const fits = (expressions: Expression[] = [], values: Record<string, string>) =>
    expressions.every((one) => fulfils(one, values[one.key]));
  const terms = termsOf(spec);
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const attracted = terms?.some(
    (term) => fits(term.matchExpressions, labels) && fits(term.matchFields, { 'metadata.name': name }),
  );
  return selected && attracted !== false ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

function fulfils({ operator, values = [] }: Expression, value: string | undefined): boolean {
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (operator === 'Gt') return Number(value) > Number(values[0]);
  if (operator === 'Lt') return Number(value) < Number(values[0]);
  return value !== undefined && values.includes(value);
}

/** Why no node at all will do for its volumes. The dangling `not found` is the scheduler's own. */
function volumeProblem({ client }: ControllerContext, pod: Pod): string | undefined {
  for (const volume of pod.spec?.volumes ?? []) {
    const { claimName: name } = (volume.persistentVolumeClaim ?? {}) as { claimName?: string };
    if (name === undefined) continue;
    const claim = client.find(PersistentVolumeClaim, { name, namespace: pod.metadata.namespace });
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found. not found`;
    if (claim.status?.phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims. not found';
  }
  return undefined;
}

export function scheduler(emit: Emit): Controller {
  const waits = (pod: Pod) => pod.spec?.nodeName === undefined && isActive(pod);
  return {
    name: 'kube-scheduler',
    watches: ['pods', 'nodes', 'persistentvolumeclaims'],
    keysOf({ storage, type, entry }: Change, { client }) {
      if (storage === 'pods') return type !== 'DELETED' && waits(entry.object) ? [keyOf(entry)] : [];
      if (type === 'DELETED') return [];
      const pods = client.list(Pod, storage === 'nodes' ? undefined : entry.namespace);
      return pods.filter(waits).map(({ metadata }) => keyOf(metadata));
    },
    async reconcile(key, context) {
      const { client, clock, store } = context;
      const { namespace, name } = refOf(key);
      const entry = store.get('pods', namespace, name);
      const pod: Pod | undefined = entry?.object;
      if (entry === undefined || pod === undefined || !waits(pod)) return;
      const nodes = client.list(Node);
      const problem = volumeProblem(context, pod);
      const spec: SchedulingSpec = pod.spec ?? {};
      const misfits = nodes.map((node) => misfit(spec, node));
      const fitting = problem ? [] : nodes.filter((_, index) => misfits[index] === undefined);
      const chosen = fitting[Number.parseInt(entry.uid.slice(0, 8), 16) % fitting.length] ?? fitting[0];
      if (chosen === undefined) {
        const message = unschedulable(nodes.length, problem, misfits);
        const next = {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message,
          observedGeneration: pod.metadata.generation,
        } as const;
        const others: StatusCondition[] = (pod.status?.conditions ?? []).filter(
          (one) => one.type !== 'PodScheduled' || one.message === message,
        );
        const conditions = withCondition(others, { ...next, lastProbeTime: null }, timestamp(clock));
        if (others.length !== pod.status?.conditions?.length || conditions.length !== others.length) {
          await client.patch(Pod, { namespace, name }, { status: { conditions } }, 'status');
        }
        await emit(context, pod, { type: 'Warning', reason: 'FailedScheduling', message, action: 'Scheduling' });
        return;
      }
      // The API server's binding subresource writes so too: past admission's mutations and the ownership of fields.
      const labels = Object.entries(chosen.metadata.labels ?? {}).filter(([label]) =>
        /^topology\.kubernetes\.io\/(zone|region)$/.test(label),
      );
      const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null } as const;
      const conditions: StatusCondition[] = pod.status?.conditions ?? [];
      const bound = {
        ...pod,
        metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...Object.fromEntries(labels) } },
        spec: { ...pod.spec, nodeName: chosen.metadata.name },
        status: { ...pod.status, conditions: withCondition(conditions, scheduled, timestamp(clock)) },
      };
      if (store.put('pods', bound, entry) === undefined) return { againInMs: 0 };
      const message = `Successfully assigned ${namespace}/${name} to ${chosen.metadata.name}`;
      await emit(context, pod, { reason: 'Scheduled', message, action: 'Binding' });
    },
  };
}

function unschedulable(count: number, problem: string | undefined, misfits: readonly (string | undefined)[]): string {
  if (count === 0) return 'no nodes available to schedule pods';
  const none = `0/${count} nodes are available:`;
  if (problem !== undefined) return `${none} ${problem}`;
  const reasons = [...new Set(misfits)].map((why) => `${misfits.filter((one) => one === why).length} ${why}`);
  return `${none} ${reasons.sort().join(', ')}. preemption: ${none} ${count} Preemption is not helpful for scheduling.`;
}
