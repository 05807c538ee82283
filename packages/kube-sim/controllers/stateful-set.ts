/**
 * StatefulSets: numbered pods with claims of their own, one after another. What its retention policy says of claims is
 * not done: they stay. Source: `k8s.io/kubernetes/pkg/controller/statefulset`.
 */
import { StatefulSet } from '@kubenova/kube/kinds/apps.ts';
import { PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { Pod, type PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import { isApiError } from '../api/api-error.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';
import { recordRevision } from './revisions.ts';

type Spec = NonNullable<StatefulSet['spec']> & {
  podManagementPolicy?: string;
  minReadySeconds?: number;
  ordinals?: { start?: number };
  updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
};
const REVISION = 'controller-revision-hash';
const revisionOf = ({ metadata }: Pod): string => metadata.labels?.[REVISION] ?? '';
const done = (verb: string, what: string, set: StatefulSet, how: string) => {
  return { reason: `Successful${verb}`, message: `${verb} ${what} in StatefulSet ${set.metadata.name} ${how}` };
};

export function statefulSetController(emit: Emit): Controller {
  return owned.workloadController('statefulset-controller', StatefulSet, 'pods', async (set, context) => {
    const spec = set.spec as Spec;
    const { replicas = 1, ordinals: { start = 0 } = {}, updateStrategy } = spec;
    const all = await owned.claim(context, set, Pod, spec.selector);
    const { currentRevision } = set.status ?? {};
    const { name: update, templateOf } = await recordRevision(
      context,
      set,
      'controller.kubernetes.io/hash',
      (revision) => [currentRevision, ...all.map(revisionOf)].includes(revision.metadata.name),
    );
    const current = currentRevision ?? update;
    const partition = start + (updateStrategy?.rollingUpdate?.partition ?? 0);
    const rolling = updateStrategy?.type !== 'OnDelete';
    const { available, ready, againInMs } = owned.availability(all, spec.minReadySeconds, context.clock.now());
    const healthy = (pod: Pod) => owned.isActive(pod) && available.includes(pod);

    async function end(pod: Pod): Promise<void> {
      if (owned.isEnding(pod)) return;
      await owned.deleteIt(context, Pod, pod);
      await emit(context, set, done('Delete', `Pod ${pod.metadata.name}`, set, 'successful'));
    }
    /** Does as much as the order of the pods allows by now; changes of pods bring it back. */
    async function step(): Promise<void> {
      const inOrder = spec.podManagementPolicy !== 'Parallel';
      const byOrdinal = new Map(all.map((pod) => [Number(/\d+$/.exec(pod.metadata.name)?.[0]), pod]));
      const wanted = Array.from({ length: replicas }, (_, index) => start + index);
      for (const ordinal of wanted) {
        const pod = byOrdinal.get(ordinal);
        const revision = rolling && ordinal < partition ? current : update;
        if (pod === undefined) await createPod(context, emit, set, spec, ordinal, revision, templateOf(revision));
        else if (owned.isOver(pod)) await end(pod);
        if (inOrder && (pod === undefined || !healthy(pod))) return;
      }
      for (const [ordinal, pod] of [...byOrdinal].sort(([a], [b]) => b - a)) {
        if (wanted.includes(ordinal)) continue;
        await end(pod);
        if (inOrder) return;
      }
      for (const ordinal of wanted.filter((one) => rolling && one >= partition).reverse()) {
        const pod = byOrdinal.get(ordinal);
        if (pod !== undefined && revisionOf(pod) !== update) return end(pod);
        if (pod === undefined || !healthy(pod)) return;
      }
    }
    let failure: unknown;
    if (!owned.isEnding(set)) await step().catch((error: unknown) => (failure = error));

    const count = (revision: string) => all.filter((pod) => owned.isActive(pod) && revisionOf(pod) === revision).length;
    const complete = [count(update), ready.length, all.length].every((size) => size === replicas);
    await owned.writeStatus(context, StatefulSet, set, {
      observedGeneration: set.metadata.generation,
      replicas: all.length,
      ...owned.nonZero({
        readyReplicas: ready.length,
        currentReplicas: count(complete ? update : current),
        updatedReplicas: count(update),
      }),
      availableReplicas: available.length,
      currentRevision: complete ? update : current,
      updateRevision: update,
      collisionCount: 0,
    });
    if (failure !== undefined) throw failure;
    return againInMs;
  });
}

async function createPod(
  context: ControllerContext,
  emit: Emit,
  set: StatefulSet,
  spec: Spec,
  ordinal: number,
  revision: string,
  template: PodTemplateSpec = spec.template,
): Promise<void> {
  const { namespace } = set.metadata;
  const name = `${set.metadata.name}-${ordinal}`;
  const volumes = [...(template.spec?.volumes ?? [])];
  for (const claim of (spec.volumeClaimTemplates ?? []) as unknown as PersistentVolumeClaim[]) {
    const ref = { name: `${claim.metadata.name}-${name}`, namespace };
    const at = volumes.findIndex((volume) => volume.name === claim.metadata.name);
    const volume = { name: claim.metadata.name, persistentVolumeClaim: { claimName: ref.name } };
    volumes.splice(at < 0 ? 0 : at, at < 0 ? 0 : 1, volume);
    if (context.client.find(PersistentVolumeClaim, ref) !== undefined) continue;
    const metadata = { ...claim.metadata, ...ref, labels: { ...claim.metadata.labels, ...spec.selector.matchLabels } };
    await context.client.create(PersistentVolumeClaim, { ...claim, metadata, status: undefined });
    await emit(context, set, done('Create', `Claim ${ref.name} Pod ${name}`, set, 'success'));
  }
  const identity = { hostname: name, ...(spec.serviceName && { subdomain: spec.serviceName }) };
  const podSpec = { containers: [], ...template.spec, ...identity, ...(volumes.length > 0 && { volumes }) };
  const pod = owned.podFrom(set, { ...template, spec: podSpec }, name, {
    [REVISION]: revision,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': `${ordinal}`,
  });
  try {
    await context.client.create(Pod, pod);
    await emit(context, set, done('Create', `Pod ${name}`, set, 'successful'));
  } catch (error) {
    const message = `Create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`;
    if (isApiError(error)) await emit(context, set, { type: 'Warning', reason: 'FailedCreate', message });
    throw error;
  }
}
