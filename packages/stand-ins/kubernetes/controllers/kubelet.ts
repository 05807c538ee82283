/**
 * The kubelets of all nodes: they start what is bound to them, let it fail where the annotation of `OUTCOME` asks for it,
 * and end what is deleted. Nothing runs. Probes, init containers that fail, and missing ConfigMaps, Secrets and volumes
 * are not looked at. Source: `k8s.io/kubernetes/pkg/kubelet`.
 */
import { Node } from '@kubenova/kube/kinds/core.ts';
import { type Container, type ContainerStatus, Pod } from '@kubenova/kube/kinds/pod.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import type { LocalClientFor } from '@kubenova/kube-sim/api/local-client.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import { isEnding, isOver, keyOf, refOf } from './owned.ts';
import * as status from './pod-status.ts';

/** Pods take `podStartMs` from scheduled to running; those that end by themselves succeed `podRunMs` later. */
export function kubelets(emit: Emit, clientFor: LocalClientFor, podStartMs: number, podRunMs: number): Controller {
  return {
    name: 'kubelet',
    watches: ['pods'],
    keysOf({ type, entry, previous }) {
      const aspects = ({ metadata, spec }: Pod) =>
        [
          spec?.nodeName,
          metadata.deletionTimestamp,
          metadata.generation,
          metadata.annotations?.[status.OUTCOME],
        ].join();
      if (type === 'DELETED' || (entry.object as Pod).spec?.nodeName === undefined) return [];
      return previous !== undefined && aspects(previous.object) === aspects(entry.object) ? [] : [keyOf(entry)];
    },
    async reconcile(key, outer) {
      const ref = refOf(key);
      const pod = outer.client.find(Pod, ref);
      const { nodeName = '', containers = [] } = pod?.spec ?? {};
      const node = outer.client.find(Node, { name: nodeName });
      if (pod === undefined || node === undefined) return;
      const client = clientFor({
        username: `system:node:${nodeName}`,
        groups: ['system:nodes', 'system:authenticated'],
      });
      const now = timestamp(outer.clock);
      const hostIP = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1';
      const write = (statuses: ContainerStatus[]) =>
        client.patch(Pod, ref, { status: status.podStatus(pod, statuses, hostIP, now) }, 'status');
      const say = ({ name }: Container, [reason, message, type]: Said) => {
        const text = { type, reason, message, fieldPath: `spec.containers{${name}}`, host: nodeName };
        return emit({ ...outer, client }, pod, text);
      };
      const over = isOver(pod);
      if (isEnding(pod)) {
        for (const one of over ? [] : containers) await say(one, ['Killing', `Stopping container ${one.name}`]);
        // Whoever holds it back by a finalizer sees how it ended.
        if (!over && pod.metadata.finalizers?.length)
          await write(containers.map((one) => status.nextStatus(pod, one, now, true)));
        return client.delete(Pod, ref, { uid: pod.metadata.uid, gracePeriodSeconds: 0 });
      }
      if (over) return;
      if (pod.status?.startTime === undefined && podStartMs > 0) {
        await write(containers.map(status.creating));
        return { againInMs: podStartMs };
      }
      const running = pod.status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
      const ends = status.endsByItself(pod) && (running || podRunMs === 0);
      const statuses = containers.map((container) => status.nextStatus(pod, container, now, ends));
      await write(statuses);
      for (const [index, container] of containers.entries())
        for (const said of saidOf(pod, container, statuses[index], podStartMs)) await say(container, said);
      const waits = statuses.flatMap(({ state, restartCount }) => {
        const reason = state?.waiting?.reason;
        if (reason === 'ErrImagePull') return Math.max(10, podStartMs);
        return reason === 'CrashLoopBackOff' ? status.restartDelayMs(restartCount) : [];
      });
      if (status.endsByItself(pod) && !ends) waits.push(podRunMs);
      return waits.length === 0 ? undefined : { againInMs: Math.min(...waits) };
    },
  };
}

type Said = [reason: string, message: string, type?: 'Warning'];

/** The events of one step of a container. */
function saidOf(pod: Pod, container: Container, next: ContainerStatus | undefined, podStartMs: number): Said[] {
  const { name, image } = container;
  const old = pod.status?.containerStatuses?.find((one) => one.name === name);
  const reason = next?.state?.waiting?.reason;
  const pulling: Said = ['Pulling', `Pulling image "${image}"`];
  if (reason === 'ErrImagePull') {
    const failed: Said = ['Failed', `Failed to pull image "${image}": ${status.pullError(image)}`, 'Warning'];
    return [pulling, failed, ['Failed', 'Error: ErrImagePull', 'Warning']];
  }
  if (reason === 'ImagePullBackOff') {
    if (old?.state?.waiting?.reason === reason) return [];
    return [
      ['BackOff', `Back-off pulling image "${image}"`],
      ['Failed', 'Error: ImagePullBackOff', 'Warning'],
    ];
  }
  const said: Said[] = [];
  if (old?.state?.running === undefined || next?.restartCount !== old.restartCount) {
    const time = podStartMs < 1_000 ? `${Math.max(1, podStartMs)}ms` : `${podStartMs / 1_000}s`;
    const pulled = `Successfully pulled image "${image}" in ${time} (${time} including waiting). Image size: 28210000 bytes.`;
    said.push(pulling, ['Pulled', pulled], ['Created', 'Container created'], ['Started', 'Container started']);
  }
  const { metadata } = pod;
  const which = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
  if (reason === 'CrashLoopBackOff')
    said.push(['BackOff', `Back-off restarting failed container ${name} in pod ${which}`, 'Warning']);
  else if (status.outcomeOf(pod, container) === 'NeverReady')
    said.push(['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', 'Warning']);
  return said;
}
