/**
 * StatefulSets: numbered pods with claims of their own, one after another. Partitions and the retention of claims are not
 * done: a roll goes through all pods, and claims stay. Source: `k8s.io/kubernetes/pkg/controller/statefulset`.
 */
import { StatefulSet } from '@kubenova/kube/kinds/apps.ts';
import { PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';
import { recordRevision } from './revisions.ts';

type Spec = NonNullable<StatefulSet['spec']> & { podManagementPolicy?: string; updateStrategy?: { type?: string } };
const REVISION = 'controller-revision-hash';
const revisionOf = ({ metadata }: Pod): string => metadata.labels?.[REVISION] ?? '';
const healthy = (pod: Pod) => owned.isActive(pod) && owned.isReady(pod);

export function statefulSetController(emit: Emit): Controller {
  return owned.workloadController('statefulset-controller', StatefulSet, 'pods', emit, async (set, work) => {
    const spec = set.spec as Spec;
    const { replicas = 1 } = spec;
    const all = await owned.claim(work, set, Pod, spec.selector);
    const { name: update } = await recordRevision(work, set, 'controller.kubernetes.io/hash');
    const failure = await step(set, spec, all, update, work);
    const current = set.status?.currentRevision ?? update;
    const ready = all.filter(owned.isReady).length;
    const count = (revision: string) => all.filter((pod) => owned.isActive(pod) && revisionOf(pod) === revision).length;
    const complete = [count(update), ready, all.length].every((size) => size === replicas);
    const status = {
      observedGeneration: set.metadata.generation,
      replicas: all.length,
      ...owned.nonZero({
        readyReplicas: ready,
        currentReplicas: count(complete ? update : current),
        updatedReplicas: count(update),
      }),
      availableReplicas: ready,
      currentRevision: complete ? update : current,
      updateRevision: update,
      collisionCount: 0,
    };
    return { status, failure };
  });
}

/** Does as much as the order of the pods allows by now; changes of pods bring it back. Answers why it could not. */
async function step(set: StatefulSet, spec: Spec, all: readonly Pod[], update: string, work: owned.Work) {
  const wording: owned.Wording = (did, name, refused) =>
    `${did} Pod ${name} in StatefulSet ${set.metadata.name} ${refused ? `failed error: ${refused}` : 'successful'}`;
  const end = (pod: Pod) => owned.deleteAll(work, Pod, owned.isEnding(pod) ? [] : [pod], wording);
  const inOrder = spec.podManagementPolicy !== 'Parallel';
  const byOrdinal = new Map(all.map((pod) => [Number(/\d+$/.exec(pod.metadata.name)?.[0]), pod]));
  const wanted = Array.from({ length: spec.replicas ?? 1 }, (_, ordinal) => ordinal);
  for (const ordinal of wanted) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) {
      const made = await podOf(set, spec, ordinal, update, work);
      const failure = await owned.createAll(work, Pod, [made], wording);
      if (failure) return failure;
    } else if (owned.isOver(pod)) await end(pod);
    if (inOrder && (pod === undefined || !healthy(pod))) return undefined;
  }
  for (const [ordinal, pod] of [...byOrdinal].sort(([a], [b]) => b - a)) {
    if (wanted.includes(ordinal)) continue;
    await end(pod);
    if (inOrder) return undefined;
  }
  for (const ordinal of spec.updateStrategy?.type === 'OnDelete' ? [] : wanted.reverse()) {
    const pod = byOrdinal.get(ordinal);
    if (pod !== undefined && revisionOf(pod) !== update) await end(pod);
    if (pod === undefined || !healthy(pod) || revisionOf(pod) !== update) return undefined;
  }
  return undefined;
}

/** A pod of an ordinal, once its claims are there. */
async function podOf(set: StatefulSet, spec: Spec, ordinal: number, revision: string, work: owned.Work): Promise<Pod> {
  const { template, serviceName, selector } = spec;
  const { namespace } = set.metadata;
  const name = `${set.metadata.name}-${ordinal}`;
  const claims = (spec.volumeClaimTemplates ?? []) as unknown as PersistentVolumeClaim[];
  const others = (template.spec?.volumes ?? []).filter(
    (one) => !claims.some(({ metadata }) => metadata.name === one.name),
  );
  const volumes: Record<string, unknown>[] = claims.map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: `${metadata.name}-${name}` },
  }));
  for (const claim of claims) {
    const ref = { name: `${claim.metadata.name}-${name}`, namespace };
    if (work.client.find(PersistentVolumeClaim, ref) !== undefined) continue;
    const metadata = { ...claim.metadata, ...ref, labels: { ...claim.metadata.labels, ...selector.matchLabels } };
    await work.client.create(PersistentVolumeClaim, { ...claim, metadata, status: undefined });
    const message = `Create Claim ${ref.name} Pod ${name} in StatefulSet ${set.metadata.name} success`;
    await work.say('SuccessfulCreate', message);
  }
  const podSpec = {
    containers: [],
    ...template.spec,
    hostname: name,
    ...(serviceName && { subdomain: serviceName }),
    volumes: [...volumes, ...others],
  };
  return owned.podFrom(set, { ...template, spec: podSpec }, name, {
    [REVISION]: revision,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': `${ordinal}`,
  });
}
