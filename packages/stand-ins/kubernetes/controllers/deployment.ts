/**
 * Deployments: one ReplicaSet a version of the template, and pods moved from the old to the new within `maxSurge` and
 * `maxUnavailable`. When it is scaled in the middle of a rollout, the newest takes the whole difference.
 * Source: `k8s.io/kubernetes/pkg/controller/deployment`.
 */
import { Deployment, ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import type { PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { Controller } from './controller.ts';
import { deploymentStatus, type Rollout, statusTotal, wantedTotal } from './deployment-status.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
const HASH = 'pod-template-hash';
const NOT_HANDED_DOWN = [REVISION, DESIRED, MAX, 'kubectl.kubernetes.io/last-applied-configuration'];

type Spec = NonNullable<Deployment['spec']>;

const wanted = (set: ReplicaSet): number => wantedTotal([set]);
const annotation = (set: ReplicaSet, name: string): number => Number(set.metadata.annotations?.[name] ?? 0);

/** What may be over and what may be missing while it rolls; never both zero, or nothing would move. */
function leeway({ replicas = 1, strategy }: Spec): { surge: number; unavailable: number } {
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const surge = owned.portion(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = owned.portion(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

const hashes = new WeakMap<PodTemplateSpec, string>();
function templateHash(template: PodTemplateSpec = {}): string {
  const known = hashes.get(template);
  if (known !== undefined) return known;
  const { [HASH]: _hash, ...labels } = template.metadata?.labels ?? {};
  const hash = owned.hashOf({ labels, annotations: template.metadata?.annotations, spec: template.spec });
  hashes.set(template, hash);
  return hash;
}
function currentOf({ sets, spec }: Rollout): ReplicaSet | undefined {
  const hash = templateHash(spec.template);
  return sets.find((set) => templateHash(set.spec?.template) === hash);
}
function olderOf(rollout: Rollout): ReplicaSet[] {
  const current = currentOf(rollout);
  return rollout.sets.filter((set) => set !== current);
}

export function deploymentController(emit: Emit): Controller {
  return owned.workloadController('deployment-controller', Deployment, 'replicasets.apps', emit, sync);
}

async function sync(deployment: Deployment, work: owned.Work): Promise<owned.SyncResult> {
  const spec = deployment.spec as Spec;
  const { replicas = 1, paused = false, strategy, revisionHistoryLimit = 10 } = spec;
  const sets = await owned.claim(work, deployment, ReplicaSet, spec.selector);
  const resizing = sets.some((set) => wanted(set) > 0 && annotation(set, DESIRED) !== replicas);
  const resting = paused || resizing;
  const { conditions = [] } = deployment.status ?? {};
  const rollout: Rollout = { work, deployment, spec, replicas, ...leeway(spec), resting, sets, conditions };
  const reason = owned.condition(deployment, 'Progressing')?.reason;
  if (paused && reason !== 'ProgressDeadlineExceeded') {
    say(rollout, 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  } else if (reason === 'DeploymentPaused') say(rollout, 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  if (resting) await scale(rollout);
  else if (strategy?.type === 'Recreate') await recreate(rollout);
  else await roll(rollout);

  const current = currentOf(rollout);
  const { complete, ...result } = deploymentStatus(rollout, current);
  const idle = (set: ReplicaSet) => wanted(set) + statusTotal([set], 'replicas') === 0 && !owned.isEnding(set);
  const unused = complete && !resting ? olderOf(rollout).filter(idle) : [];
  for (const set of unused.slice(0, Math.max(0, unused.length - revisionHistoryLimit))) {
    await owned.deleteIt(work, ReplicaSet, set);
  }
  const revision = current?.metadata.annotations?.[REVISION];
  return { ...result, ...(revision && { annotations: { [REVISION]: revision } }) };
}

function say(rollout: Rollout, status: 'True' | 'Unknown', reason: string, message: string): void {
  const { now } = rollout.work;
  if (rollout.spec.progressDeadlineSeconds === undefined) return;
  const next = { type: 'Progressing', status, reason, message, lastUpdateTime: now };
  rollout.conditions = owned.withCondition(rollout.conditions, next, now);
}

const sizes = ({ replicas, surge }: Rollout) => ({ [DESIRED]: `${replicas}`, [MAX]: `${replicas + surge}` });

/** Patches a ReplicaSet where that changes anything. */
async function patch(rollout: Rollout, set: ReplicaSet, annotations: Record<string, string>, spec?: object) {
  const same = Object.entries(annotations).every(([name, value]) => set.metadata.annotations?.[name] === value);
  if (same && spec === undefined) return;
  const change = { metadata: { annotations }, ...(spec && { spec }) };
  const next = await rollout.work.client.patch(ReplicaSet, owned.metaRef(set), change);
  rollout.sets = rollout.sets.map((one) => (one.metadata.uid === set.metadata.uid ? next : one));
}

/** @returns whether the number of its pods had to change */
async function resize(rollout: Rollout, set: ReplicaSet, size: number): Promise<boolean> {
  const before = wanted(set);
  await patch(rollout, set, sizes(rollout), size === before ? undefined : { replicas: size });
  if (size !== before) await sayScaled(rollout, set.metadata.name, before, size);
  return size !== before;
}

function sayScaled({ work }: Rollout, name: string, before: number, size: number): Promise<void> {
  const direction = size > before ? 'up' : 'down';
  return work.say('ScalingReplicaSet', `Scaled ${direction} replica set ${name} from ${before} to ${size}`);
}

/** Sees to it that there is a ReplicaSet of the template, with the newest revision. */
async function ensureCurrent(rollout: Rollout): Promise<ReplicaSet> {
  const { work, deployment, spec, replicas, surge } = rollout;
  const { name, namespace, annotations = {} } = deployment.metadata;
  const revision = Math.max(0, ...olderOf(rollout).map((set) => annotation(set, REVISION))) + 1;
  const handedDown = Object.fromEntries(Object.entries(annotations).filter(([key]) => !NOT_HANDED_DOWN.includes(key)));
  const current = currentOf(rollout);
  if (current !== undefined) {
    const newer = annotation(current, REVISION) < revision && { [REVISION]: `${revision}` };
    await patch(rollout, current, { ...handedDown, ...newer });
    return currentOf(rollout) ?? current;
  }
  const { template, selector } = spec;
  const hash = templateHash(template);
  const labels = { ...template.metadata?.labels, [HASH]: hash };
  const size = Math.max(0, Math.min(replicas, replicas + surge - wantedTotal(rollout.sets)));
  const made = await work.client.create(ReplicaSet, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { ...handedDown, [REVISION]: `${revision}`, ...sizes(rollout) },
      ownerReferences: [owned.controllerReference(deployment)],
    },
    spec: {
      replicas: size,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
  rollout.sets = [...rollout.sets, made];
  if (size > 0) await sayScaled(rollout, made.metadata.name, 0, size);
  say(rollout, 'True', 'NewReplicaSetCreated', `Created new replica set "${made.metadata.name}"`);
  return made;
}

async function scale(rollout: Rollout): Promise<void> {
  const { sets, replicas, surge } = rollout;
  const active = sets.filter((set) => wanted(set) > 0);
  const target = currentOf(rollout) ?? active.at(-1) ?? sets.at(-1);
  const others = active.filter((set) => set !== target);
  const kept = replicas === 0 ? 0 : wantedTotal(others);
  for (const set of others) await resize(rollout, set, replicas === 0 ? 0 : wanted(set));
  const room = replicas + (kept > 0 ? surge : 0) - kept;
  if (target !== undefined) await resize(rollout, target, Math.max(0, Math.min(replicas, room)));
}

async function recreate(rollout: Rollout): Promise<void> {
  for (const set of olderOf(rollout)) await resize(rollout, set, 0);
  const older = olderOf(rollout);
  const seen = older.every(({ status, metadata }) => status?.observedGeneration === metadata.generation);
  const left = statusTotal(older, 'replicas') + statusTotal(older, 'terminatingReplicas');
  if (seen && left === 0) await resize(rollout, await ensureCurrent(rollout), rollout.replicas);
}

async function roll(rollout: Rollout): Promise<void> {
  const { replicas, surge, unavailable } = rollout;
  const current = await ensureCurrent(rollout);
  const size = wanted(current);
  const room = Math.max(0, replicas + surge - wantedTotal(rollout.sets));
  if (await resize(rollout, current, Math.min(replicas, size + room))) return;
  const least = replicas - unavailable;
  const available = (set: ReplicaSet) => statusTotal([set], 'availableReplicas');
  const shrink = async (spare: number, atMost: (set: ReplicaSet) => number): Promise<void> => {
    let left = spare;
    for (const set of olderOf(rollout)) {
      const less = Math.max(0, Math.min(left, atMost(set)));
      left -= less;
      await resize(rollout, set, wanted(set) - less);
    }
  };
  // First pods that serve nobody, then as many as availability allows.
  const excess = statusTotal(rollout.sets, 'availableReplicas') - least;
  await shrink(wantedTotal(rollout.sets) - least - (size - available(current)), (set) => wanted(set) - available(set));
  await shrink(excess, wanted);
}
