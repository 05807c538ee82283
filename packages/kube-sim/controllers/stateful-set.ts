/**
 * StatefulSets: numbered pods with claims of their own, one after another. What its retention policy says of claims is
 * not done: they stay. Source: `k8s.io/kubernetes/pkg/controller/statefulset`.
 */
import { StatefulSet } from '@kubenova/kube/kinds/apps.ts';
import { PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { Pod, type PodTemplateSpec } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
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

export function statefulSetController(emit: Emit): Controller {
  return {
    name: 'statefulset-controller',
    watches: ['statefulsets.apps', 'pods'],
    keysOf: (change) =>
      change.storage === 'pods' ? owned.controllerKeys(change, 'StatefulSet') : [owned.keyOf(change.entry)],
    async reconcile(key, context) {
      const set = context.client.find(StatefulSet, owned.refOf(key));
      if (set?.spec === undefined) return;
      const spec: Spec = set.spec;
      const { replicas = 1, ordinals: { start = 0 } = {}, updateStrategy } = spec;
      const all = await owned.claim(context, set, Pod, spec.selector);
      const revisionOf = (pod: Pod) => pod.metadata.labels?.[REVISION] ?? '';
      const revisions = await recordRevision(context, set, 'controller.kubernetes.io/hash', ({ metadata }) =>
        [set.status?.currentRevision, ...all.map(revisionOf)].includes(metadata.name),
      );
      const update = revisions.name;
      const current = set.status?.currentRevision ?? update;
      const partition = start + (updateStrategy?.rollingUpdate?.partition ?? 0);
      const rolling = updateStrategy?.type !== 'OnDelete';
      const versionOf = (ordinal: number) => (rolling && ordinal < partition ? current : update);
      const { available, ready, againInMs } = owned.availability(all, spec.minReadySeconds, context.clock.now());
      const healthy = (pod: Pod) => owned.isActive(pod) && available.includes(pod);
      let failure: unknown;
      if (set.metadata.deletionTimestamp === undefined) await step().catch((error: unknown) => (failure = error));

      /** Does as much as the order of the pods allows by now; changes of pods bring it back. */
      async function step(): Promise<void> {
        const inOrder = spec.podManagementPolicy !== 'Parallel';
        const byOrdinal = new Map(all.map((pod) => [Number(/\d+$/.exec(pod.metadata.name)?.[0]), pod]));
        const wanted = Array.from({ length: replicas }, (_, index) => start + index);
        for (const ordinal of wanted) {
          const pod = byOrdinal.get(ordinal);
          if (pod === undefined) {
            const revision = versionOf(ordinal);
            await createPod(context, emit, set as StatefulSet, spec, ordinal, revision, revisions.templateOf(revision));
          } else if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') await end(pod);
          if (inOrder && (pod === undefined || !healthy(pod))) return;
        }
        const condemned = [...byOrdinal].filter(([ordinal]) => !wanted.includes(ordinal)).sort(([a], [b]) => b - a);
        for (const [, pod] of condemned) {
          await end(pod);
          if (inOrder) return;
        }
        if (!rolling) return;
        for (const ordinal of wanted.filter((one) => one >= partition).reverse()) {
          const pod = byOrdinal.get(ordinal);
          if (pod !== undefined && revisionOf(pod) !== update) return end(pod);
          if (pod === undefined || !healthy(pod)) return;
        }
      }
      async function end(pod: Pod): Promise<void> {
        if (pod.metadata.deletionTimestamp !== undefined) return;
        await owned.deleteIt(context, Pod, pod);
        await say('Delete', pod.metadata.name);
      }
      const say = (verb: string, pod: string) => emit(context, set, done(verb, `Pod ${pod}`, set, 'successful'));

      const count = (revision: string) =>
        all.filter((pod) => owned.isActive(pod) && revisionOf(pod) === revision).length;
      const complete = count(update) === replicas && ready.length === replicas && all.length === replicas;
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
      return owned.again(againInMs);
    },
  };
}

const done = (verb: string, what: string, { metadata }: KubeObject, how: string) => ({
  reason: `Successful${verb}`,
  message: `${verb} ${what} in StatefulSet ${metadata.name} ${how}`,
});

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
  const claims = (spec.volumeClaimTemplates ?? []) as unknown as PersistentVolumeClaim[];
  const claimName = (claim: PersistentVolumeClaim) => `${claim.metadata.name}-${name}`;
  for (const claim of claims) {
    const ref = { name: claimName(claim), namespace };
    if (context.client.find(PersistentVolumeClaim, ref) !== undefined) continue;
    const labels = { ...claim.metadata.labels, ...spec.selector.matchLabels };
    const metadata = { ...claim.metadata, ...ref, labels };
    await context.client.create(PersistentVolumeClaim, { ...claim, metadata, status: undefined });
    await emit(context, set, done('Create', `Claim ${ref.name} Pod ${name}`, set, 'success'));
  }
  const pod = owned.podFrom(set, template, name, {
    [REVISION]: revision,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': `${ordinal}`,
  });
  const own = claims.map((claim) => ({
    name: claim.metadata.name,
    persistentVolumeClaim: { claimName: claimName(claim) },
  }));
  const others = (pod.spec?.volumes ?? []).filter((volume) => !own.some((one) => one.name === volume.name));
  const identity = { hostname: name, ...(spec.serviceName && { subdomain: spec.serviceName }) };
  const containers = pod.spec?.containers ?? [];
  const volumes = [...own, ...others];
  const podSpec = { ...pod.spec, ...identity, containers, ...(volumes.length > 0 && { volumes }) };
  try {
    await context.client.create(Pod, { ...pod, spec: podSpec });
    await emit(context, set, done('Create', `Pod ${name}`, set, 'successful'));
  } catch (error) {
    if (!isApiError(error)) throw error;
    const message = `Create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`;
    await emit(context, set, { type: 'Warning', reason: 'FailedCreate', message });
    throw error;
  }
}
