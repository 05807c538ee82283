/**
 * The kubelets of all nodes: they start what is bound to them, let it fail where {@link OUTCOME} asks for it, and end what
 * is deleted. Nothing runs. Probes, init containers that fail, and missing ConfigMaps, Secrets and volumes are not looked
 * at. Source: `k8s.io/kubernetes/pkg/kubelet`.
 */
import { Node } from '@kubenova/kube/kinds/core.ts';
import { type ContainerStatus, Pod } from '@kubenova/kube/kinds/pod.ts';
import type { LocalClientFor } from '../api/local-client.ts';
import { timestamp } from '../clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';
import { keyOf, refOf } from './owned.ts';
import {
  creating,
  endsByItself,
  nextStatus,
  OUTCOME,
  outcomeOf,
  podStatus,
  pullError,
  restartDelayMs,
} from './pod-status.ts';

export interface KubeletOptions {
  readonly emit: Emit;
  /** Kubelets write as the node that a pod is on. */
  readonly clientFor: LocalClientFor;
  /** From scheduled to running, ms. */
  readonly podStartMs: number;
  /** From running to succeeded, of pods that end by themselves, ms. */
  readonly podRunMs: number;
}

export function kubelets({ emit, clientFor, podStartMs, podRunMs }: KubeletOptions): Controller {
  return {
    name: 'kubelet',
    watches: ['pods'],
    keysOf({ type, entry, previous }) {
      const aspects = ({ metadata, spec }: Pod) =>
        [spec?.nodeName, metadata.deletionTimestamp, metadata.generation, metadata.annotations?.[OUTCOME]].join();
      if (type === 'DELETED' || (entry.object as Pod).spec?.nodeName === undefined) return [];
      return previous !== undefined && aspects(previous.object) === aspects(entry.object) ? [] : [keyOf(entry)];
    },
    async reconcile(key, outer) {
      const pod = outer.client.find(Pod, refOf(key));
      const { nodeName = '', containers = [] } = pod?.spec ?? {};
      const node = outer.client.find(Node, { name: nodeName });
      if (pod === undefined || node === undefined) return;
      const groups = ['system:nodes', 'system:authenticated'];
      const client = clientFor({ username: `system:node:${nodeName}`, groups });
      const context: ControllerContext = { ...outer, client };
      const now = timestamp(outer.clock);
      const hostIP = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1';
      const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
      const write = async (statuses: ContainerStatus[]): Promise<void> => {
        await client.patch(Pod, refOf(key), { status: podStatus(pod, statuses, hostIP, now) }, 'status');
      };
      if (pod.metadata.deletionTimestamp !== undefined) {
        for (const { name } of over ? [] : containers) await say(name, 'Killing', `Stopping container ${name}`);
        // Whoever holds it back by a finalizer sees how it ended.
        if (!over && pod.metadata.finalizers?.length)
          await write(containers.map((one) => nextStatus(pod, one, now, true)));
        await client.delete(Pod, refOf(key), { uid: pod.metadata.uid, gracePeriodSeconds: 0 });
        return;
      }
      if (over) return;
      if (pod.status?.startTime === undefined && podStartMs > 0) {
        await write(containers.map(creating));
        return { againInMs: podStartMs };
      }
      const running = pod.status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
      const ends = endsByItself(pod) && (running || podRunMs === 0);
      const statuses = containers.map((container) => nextStatus(pod, container, now, ends));
      await write(statuses);
      const waits: number[] = endsByItself(pod) && !ends ? [podRunMs] : [];
      for (const [index, { name, image }] of containers.entries()) {
        const old = pod.status?.containerStatuses?.find((status) => status.name === name);
        const status = statuses[index];
        const reason = status?.state?.waiting?.reason;
        const outcome = outcomeOf(pod, { name, image });
        if (outcome === 'ImagePullBackOff') {
          if (reason === 'ErrImagePull') {
            await say(name, 'Pulling', `Pulling image "${image}"`);
            await say(name, 'Failed', `Failed to pull image "${image}": ${pullError(image)}`, 'Warning');
            await say(name, 'Failed', 'Error: ErrImagePull', 'Warning');
            waits.push(Math.max(10, podStartMs));
          } else if (old?.state?.waiting?.reason !== reason) {
            await say(name, 'BackOff', `Back-off pulling image "${image}"`);
            await say(name, 'Failed', 'Error: ImagePullBackOff', 'Warning');
          }
          continue;
        }
        if (old?.state?.running === undefined || status?.restartCount !== old.restartCount) {
          await say(name, 'Pulling', `Pulling image "${image}"`);
          const time = podStartMs < 1_000 ? `${Math.max(1, podStartMs)}ms` : `${podStartMs / 1_000}s`;
          const took = `${time} (${time} including waiting)`;
          await say(name, 'Pulled', `Successfully pulled image "${image}" in ${took}. Image size: 28210000 bytes.`);
          await say(name, 'Created', 'Container created');
          await say(name, 'Started', 'Container started');
        }
        const { metadata } = pod;
        const which = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
        if (reason === 'CrashLoopBackOff') {
          await say(name, 'BackOff', `Back-off restarting failed container ${name} in pod ${which}`, 'Warning');
          waits.push(restartDelayMs(status?.restartCount ?? 1));
        } else if (outcome === 'NeverReady') {
          await say(name, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', 'Warning');
        }
      }
      return waits.length === 0 ? undefined : { againInMs: Math.min(...waits) };

      async function say(container: string, reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal') {
        const fieldPath = `spec.containers{${container}}`;
        await emit(context, pod as Pod, { type, reason, message, fieldPath, host: nodeName });
      }
    },
  };
}
