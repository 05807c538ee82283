/**
 * Deployments: one ReplicaSet a version of the template, pods moved from the old to the new within `maxSurge` and
 * `maxUnavailable`, and conditions that say how it goes. Source: `k8s.io/kubernetes/pkg/controller/deployment`.
 */
import { Deployment, ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import type { Condition } from '@kubenova/kube/kinds/meta.ts';
import { Pod, type PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import { timestamp } from '../clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';
import {
  again,
  claim,
  condition,
  controllerKeys,
  controllerOf,
  controllerReference,
  deleteIt,
  hashOf,
  keyOf,
  metaRef,
  nonZero,
  refOf,
  type StatusCondition,
  withCondition,
  without,
  writeStatus,
} from './owned.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
const HASH = 'pod-template-hash';
const NOT_HANDED_DOWN = new Set([REVISION, HISTORY, DESIRED, MAX, 'kubectl.kubernetes.io/last-applied-configuration']);

type Spec = NonNullable<Deployment['spec']> & { minReadySeconds?: number };

const wanted = (set: ReplicaSet): number => set.spec?.replicas ?? 1;
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((total, set) => total + (count(set) ?? 0), 0);
const annotation = (object: { metadata: { annotations?: Record<string, string> } }, name: string): number =>
  Number(object.metadata.annotations?.[name] ?? 0);

/** A number or a share of a whole. */
export function portion(value: number | string | undefined, whole: number, round: (share: number) => number): number {
  if (typeof value !== 'string') return value ?? 0;
  return value.endsWith('%') ? round((Number.parseFloat(value) * whole) / 100) : Number(value);
}

function templateHash(template: PodTemplateSpec | undefined): string {
  const { [HASH]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return hashOf({ metadata: { labels, annotations: template?.metadata?.annotations }, spec: template?.spec });
}

/** What may be over and what may be missing while it rolls; never both zero, or nothing would move. */
function leeway({ replicas = 1, strategy }: Spec): { surge: number; unavailable: number } {
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const surge = portion(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = portion(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

export function deploymentController(emit: Emit): Controller {
  return {
    name: 'deployment-controller',
    watches: ['deployments.apps', 'replicasets.apps', 'pods'],
    keysOf(change, { client }) {
      const { entry, storage, type } = change;
      if (storage === 'deployments.apps') return [keyOf(entry)];
      if (storage === 'replicasets.apps') return controllerKeys(change, 'Deployment');
      // Only Recreate waits for pods, and only for their end.
      if (type !== 'DELETED') return [];
      const owner = controllerOf(entry.object);
      const set = owner && client.find(ReplicaSet, { name: owner.name, namespace: entry.namespace });
      const above = set && controllerOf(set);
      return above ? [`${entry.namespace}/${above.name}`] : [];
    },
    async reconcile(key, context) {
      const deployment = context.client.find(Deployment, refOf(key));
      if (deployment?.spec === undefined) return;
      return rollOut(context, emit, deployment, deployment.spec);
    },
  };
}

async function rollOut(context: ControllerContext, emit: Emit, found: Deployment, spec: Spec) {
  const { client, clock } = context;
  const { replicas = 1 } = spec;
  const now = timestamp(clock);
  const limits = leeway(spec);
  let deployment = found;
  let sets = await claim(context, deployment, ReplicaSet, spec.selector);
  let conditions: StatusCondition[] = deployment.status?.conditions ?? [];
  const deadline = spec.progressDeadlineSeconds;
  const say = (status: Condition['status'], reason: string, message: string): void => {
    conditions = withCondition(conditions, { type: 'Progressing', status, reason, message, lastUpdateTime: now }, now);
  };
  const hash = templateHash(spec.template);
  let current = sets.find((set) => templateHash(set.spec?.template) === hash);
  const older = sets.filter((set) => set !== current);
  const ending = deployment.metadata.deletionTimestamp !== undefined;
  const resizing = sets.some((set) => wanted(set) > 0 && annotation(set, DESIRED) !== replicas);
  const revision = Math.max(0, ...older.map((set) => annotation(set, REVISION))) + 1;

  const replace = (next: ReplicaSet): void => {
    sets = [...sets.filter(({ metadata }) => metadata.uid !== next.metadata.uid), next];
    if (next.metadata.uid === current?.metadata.uid) current = next;
  };
  async function resize(set: ReplicaSet, size: number): Promise<boolean> {
    const before = wanted(set);
    const annotations = { [DESIRED]: `${replicas}`, [MAX]: `${replicas + limits.surge}` };
    if (before === size && Object.entries(annotations).every(([k, v]) => set.metadata.annotations?.[k] === v))
      return false;
    replace(await client.patch(ReplicaSet, metaRef(set), { metadata: { annotations }, spec: { replicas: size } }));
    if (before === size) return false;
    const message = `Scaled ${size > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${size}`;
    await emit(context, deployment, { reason: 'ScalingReplicaSet', message });
    return true;
  }
  async function toNewest(): Promise<void> {
    if (current !== undefined) {
      const was = annotation(current, REVISION);
      const annotations: Record<string, string> = handedDown(deployment);
      if (was < revision) {
        annotations[REVISION] = `${revision}`;
        const past = current.metadata.annotations?.[HISTORY];
        if (was > 0) annotations[HISTORY] = past ? `${past},${was}` : `${was}`;
      }
      const set = current;
      if (Object.entries(annotations).some(([k, v]) => set.metadata.annotations?.[k] !== v)) {
        replace(await client.patch(ReplicaSet, metaRef(current), { metadata: { annotations } }));
      }
      if (deadline !== undefined && condition(deployment, 'Progressing') === undefined) {
        say('True', 'FoundNewReplicaSet', `Found new replica set "${current.metadata.name}"`);
      }
      return;
    }
    const free = replicas + limits.surge - sum(older, wanted);
    const first = spec.strategy?.type === 'Recreate' ? replicas : Math.max(0, Math.min(replicas, free));
    const made = replicaSet(deployment, spec, hash, first, revision, replicas + limits.surge);
    current = await client.create(ReplicaSet, made);
    sets = [...sets, current];
    if (first > 0) {
      const message = `Scaled up replica set ${made.metadata.name} from 0 to ${first}`;
      await emit(context, deployment, { reason: 'ScalingReplicaSet', message });
    }
    if (deadline !== undefined) say('True', 'NewReplicaSetCreated', `Created new replica set "${made.metadata.name}"`);
  }

  if (!ending) {
    const reason = condition(deployment, 'Progressing')?.reason;
    if (deadline !== undefined && reason !== 'ProgressDeadlineExceeded') {
      if (spec.paused && reason !== 'DeploymentPaused') say('Unknown', 'DeploymentPaused', 'Deployment is paused');
      if (!spec.paused && reason === 'DeploymentPaused') say('Unknown', 'DeploymentResumed', 'Deployment is resumed');
    }
    if (spec.paused || resizing) {
      // The newest takes the difference; others keep what a rollout has left them.
      const active = sets.filter((set) => wanted(set) > 0);
      const target = current ?? active.at(-1) ?? sets.at(-1);
      if (target !== undefined) {
        const others = active.filter((set) => set.metadata.uid !== target.metadata.uid);
        const total = replicas + (others.length > 0 && replicas > 0 ? limits.surge : 0);
        for (const set of others) await resize(set, replicas === 0 ? 0 : wanted(set));
        await resize(target, Math.max(0, Math.min(replicas, total - (replicas === 0 ? 0 : sum(others, wanted)))));
      }
    } else if (spec.strategy?.type === 'Recreate') {
      for (const set of older) await resize(set, 0);
      const olds = new Set(older.map(({ metadata }) => metadata.uid));
      const old = client.list(Pod, deployment.metadata.namespace).some((pod) => {
        const done = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
        return !done && olds.has(controllerOf(pod)?.uid);
      });
      if (!old) {
        await toNewest();
        if (current !== undefined) await resize(current, replicas);
      }
    } else {
      await toNewest();
      const room = replicas + limits.surge - sum(sets, wanted);
      const size = current === undefined ? 0 : wanted(current);
      const grown = size > replicas ? replicas : size + Math.max(0, Math.min(replicas - size, room));
      if (current !== undefined && !(await resize(current, grown))) await shrinkOld();
    }
    const revised = current?.metadata.annotations?.[REVISION];
    if (revised !== undefined && deployment.metadata.annotations?.[REVISION] !== revised) {
      // It goes along with the status, which is how the real one keeps the generation as it is.
      const { metadata } = deployment;
      deployment = {
        ...deployment,
        metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revised } },
      };
    }
  }

  async function shrinkOld(): Promise<void> {
    const least = replicas - limits.unavailable;
    const newest = current;
    const missing = newest === undefined ? 0 : wanted(newest) - (newest.status?.availableReplicas ?? 0);
    let spare = sum(sets, wanted) - least - missing;
    // First pods that serve nobody, then as many as availability allows.
    for (const set of older) {
      const idle = wanted(set) - (set.status?.availableReplicas ?? 0);
      const less = Math.min(spare, idle);
      if (less <= 0) continue;
      spare -= less;
      await resize(set, wanted(set) - less);
    }
    let excess = sum(sets, (set) => set.status?.availableReplicas) - least;
    for (const { metadata } of older) {
      const set = sets.find((one) => one.metadata.uid === metadata.uid);
      const less = set === undefined ? 0 : Math.min(excess, wanted(set));
      if (set === undefined || less <= 0) continue;
      excess -= less;
      await resize(set, wanted(set) - less);
    }
  }

  // What is there now, and what that means.
  const available = sum(sets, (set) => set.status?.availableReplicas);
  const old = { updatedReplicas: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0, ...deployment.status };
  const counts = {
    replicas: sum(sets, (set) => set.status?.replicas),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sets, wanted) - available),
  };
  const enough = available >= replicas - limits.unavailable;
  const minimum: StatusCondition = {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
    lastUpdateTime: now,
  };
  conditions = withCondition(conditions, minimum, now);
  const complete = [counts.updatedReplicas, counts.replicas, available].every((count) => count === replicas);
  const progress = conditions.find(({ type }) => type === 'Progressing');
  let againInMs: number | undefined;
  if (deadline === undefined) conditions = without(conditions, 'Progressing');
  else if (!ending && !spec.paused && !resizing) {
    const what =
      current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
    const settled = counts.replicas === counts.updatedReplicas && progress?.reason === 'NewReplicaSetAvailable';
    const moved =
      counts.updatedReplicas > old.updatedReplicas ||
      counts.replicas - counts.updatedReplicas < old.replicas - old.updatedReplicas ||
      counts.readyReplicas > old.readyReplicas ||
      available > old.availableReplicas;
    const since = Date.parse(progress?.lastUpdateTime ?? now);
    const timedOut = progress !== undefined && since + deadline * 1_000 < clock.now();
    if (settled) {
      // A pod that is replaced later on is no rollout.
    } else if (complete) say('True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`);
    else if (moved) {
      if (progress?.reason === 'ReplicaSetUpdated') conditions = without(conditions, 'Progressing');
      say('True', 'ReplicaSetUpdated', `${what} is progressing.`);
      const kept = progress?.status === 'True' ? progress.lastTransitionTime : undefined;
      if (kept)
        conditions = conditions.map((one) => (one.type === 'Progressing' ? { ...one, lastTransitionTime: kept } : one));
    } else if (timedOut) say('False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`);
    const told = conditions.find(({ type }) => type === 'Progressing');
    if (told?.lastUpdateTime && !complete && !settled && told.reason !== 'ProgressDeadlineExceeded') {
      againInMs = Math.max(1_000, Date.parse(told.lastUpdateTime) + (deadline + 1) * 1_000 - clock.now());
    }
  }
  const failure = [current, ...sets].map((set) => set && condition(set, 'ReplicaFailure')).find(Boolean);
  conditions = failure
    ? withCondition(conditions, { ...failure, lastUpdateTime: now }, now)
    : without(conditions, 'ReplicaFailure');
  await writeStatus(context, Deployment, deployment, {
    observedGeneration: deployment.metadata.generation,
    ...nonZero(counts),
    terminatingReplicas: sum(sets, (set) => (set.status as { terminatingReplicas?: number })?.terminatingReplicas),
    conditions,
  });
  if (complete && !ending) {
    const unused = older.filter((set) => wanted(set) === 0 && !set.status?.replicas && !set.metadata.deletionTimestamp);
    for (const set of unused.slice(0, Math.max(0, unused.length - (spec.revisionHistoryLimit ?? 10)))) {
      await deleteIt(context, ReplicaSet, set);
    }
  }
  return again(againInMs);
}

const handedDown = ({ metadata }: Deployment): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => !NOT_HANDED_DOWN.has(name)));

function replicaSet(
  deployment: Deployment,
  { template, selector, replicas = 1, ...spec }: Spec,
  hash: string,
  size: number,
  revision: number,
  max: number,
): ReplicaSet {
  const labels = { ...template.metadata?.labels, [HASH]: hash };
  const { name, namespace } = deployment.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name.slice(0, 252 - hash.length)}-${hash}`,
      namespace,
      labels,
      annotations: { ...handedDown(deployment), [REVISION]: `${revision}`, [DESIRED]: `${replicas}`, [MAX]: `${max}` },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: size,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
      ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
    },
  };
}
