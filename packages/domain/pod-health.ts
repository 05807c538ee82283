/** A pod as the contract shows it, and whether it will come up by itself. */
import type { PodStatus } from '@kubenova/knapi/schemas.ts';
import { numberAt, recordAt, recordsAt, textAt } from './dig.ts';
import type { Manifest } from './manifest.ts';
import type { HealthState } from './workload-health.ts';

/** A pod with what its health means. */
export interface PodHealth {
  state: HealthState;
  status: PodStatus;
}

/** Reasons of a waiting container that time alone does not cure. */
const FAILING_REASONS: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
  'Unschedulable',
]);

/** The health of a pod. One that is being deleted is on its way out and counts as progressing. */
export function podHealth(pod: Manifest): PodHealth {
  const phase = textAt(pod, 'status', 'phase') || 'Pending';
  const ready = recordsAt(pod, 'status', 'conditions').some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
  const containers = [
    ...recordsAt(pod, 'status', 'initContainerStatuses'),
    ...recordsAt(pod, 'status', 'containerStatuses'),
  ];
  const restarts = containers.reduce((sum, container) => sum + numberAt(container, 0, 'restartCount'), 0);
  const { reason, message } = explanation(pod, containers);
  return {
    state: stateOf(pod, phase, ready, reason),
    status: {
      name: pod.metadata.name,
      phase,
      ready,
      restarts,
      reason,
      message,
      node: textAt(pod, 'spec', 'nodeName'),
    },
  };
}

function stateOf(pod: Manifest, phase: string, ready: boolean, reason: string): HealthState {
  if (pod.metadata.deletionTimestamp !== undefined) return 'progressing';
  if (ready || phase === 'Succeeded') return 'ready';
  if (phase === 'Failed' || FAILING_REASONS.has(reason)) return 'failing';
  return 'progressing';
}

function explanation(pod: Manifest, containers: Record<string, unknown>[]): { reason: string; message: string } {
  if (pod.metadata.deletionTimestamp !== undefined) return { reason: 'Terminating', message: '' };
  const own = textAt(pod, 'status', 'reason');
  if (own !== '') return { reason: own, message: textAt(pod, 'status', 'message') };
  const waiting = containers
    .map((container) => recordAt(container, 'state', 'waiting'))
    .filter((state) => textAt(state, 'reason') !== '');
  const failing = waiting.find((state) => FAILING_REASONS.has(textAt(state, 'reason'))) ?? waiting[0];
  if (failing !== undefined) return { reason: textAt(failing, 'reason'), message: textAt(failing, 'message') };
  const ended = containers.find((container) => numberAt(container, 0, 'state', 'terminated', 'exitCode') !== 0);
  if (ended !== undefined) {
    const state = recordAt(ended, 'state', 'terminated');
    const code = numberAt(state, 0, 'exitCode');
    return {
      reason: textAt(state, 'reason') || 'Error',
      message: textAt(state, 'message') || `The container ${textAt(ended, 'name')} ended with exit code ${code}.`,
    };
  }
  const scheduled = recordsAt(pod, 'status', 'conditions').find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return { reason: textAt(scheduled, 'reason'), message: textAt(scheduled, 'message') };
  }
  return { reason: '', message: '' };
}
