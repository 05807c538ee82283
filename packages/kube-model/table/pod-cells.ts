/**
 * How a pod is doing, in the one word that `kubectl get pods` shows for it.
 * Source: `kubernetes/pkg/printers/internalversion`, `printPod`.
 */
import type { ContainerStatus, Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ageOf } from './human-duration.ts';

export interface PodSummary {
  /** As in `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`. */
  readonly status: string;
  /** `1/2`. */
  readonly ready: string;
  /** `3 (5m3s ago)`. */
  readonly restarts: string;
}

export function summarize(pod: Pod, now: number): PodSummary {
  const { status = {} } = pod;
  const inits = pod.spec?.initContainers ?? [];
  const sidecars = new Set(inits.filter((one) => fieldOf(one, 'restartPolicy') === 'Always').map(({ name }) => name));
  const initStatuses = status.initContainerStatuses ?? [];
  const main = status.containerStatuses ?? [];
  const gated = status.conditions?.some((one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated');
  let word: string = gated ? 'SchedulingGated' : status.reason || status.phase || '';

  // Init containers run one after another: the first that is not done holds up everything behind it.
  const at = initStatuses.findIndex((one) => !succeeded(one) && !(sidecars.has(one.name) && one.started));
  const blocking = initStatuses[at];
  const reached = blocking ? initStatuses.slice(0, at) : initStatuses;
  let ready = reached.filter((one) => sidecars.has(one.name) && one.ready && !succeeded(one)).length;
  let restarted = blocking ? [...reached, blocking] : reached;
  if (blocking) word = `Init:${initWord(blocking, `${at}/${inits.length}`)}`;
  if (!blocking || conditionTrue(pod, 'Initialized')) {
    restarted = [...restarted.filter((one) => sidecars.has(one.name)), ...main];
    ready += main.filter(isRunning).length;
    word = mainWord(pod, main, word);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') word = 'Unknown';
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') word = 'Terminating';
  }
  const total = (pod.spec?.containers.length ?? 0) + sidecars.size;
  return { status: word, ready: `${ready}/${total}`, restarts: restartsOf(restarted, now) };
}

const fieldOf = (object: object, field: string): unknown => (object as Record<string, unknown>)[field];

const succeeded = ({ state }: ContainerStatus) => state?.terminated?.exitCode === 0;
const isRunning = ({ ready, state }: ContainerStatus) =>
  ready && state?.running !== undefined && !state.terminated && !state.waiting?.reason;

function ending(terminated: { exitCode: number; reason?: string }): string {
  const signal = fieldOf(terminated, 'signal');
  return terminated.reason || (signal ? `Signal:${signal}` : `ExitCode:${terminated.exitCode}`);
}

function initWord({ state }: ContainerStatus, progress: string): string {
  if (state?.terminated) return ending(state.terminated);
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? waiting : progress;
}

/** The first container that has something to say decides; a completed one yields to one that runs or failed. */
function mainWord(pod: Pod, statuses: readonly ContainerStatus[], before: string): string {
  let word = before;
  let failure = '';
  for (const { state } of statuses.toReversed()) {
    if (state?.waiting?.reason) word = state.waiting.reason;
    else if (state?.terminated) {
      word = ending(state.terminated);
      if (state.terminated.exitCode !== 0) failure = word;
    }
  }
  if (word !== 'Completed') return word;
  const running = statuses.some(isRunning);
  if (running && conditionTrue(pod, 'Ready')) return 'Running';
  return failure || (running ? 'NotReady' : word);
}

export function conditionTrue(object: KubeObject, type: string): boolean {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.find((one) => one.type === type)?.status === 'True';
}

function restartsOf(statuses: readonly ContainerStatus[], now: number): string {
  const count = statuses.reduce((sum, one) => sum + one.restartCount, 0);
  const last = statuses.map((one) => one.lastState?.terminated?.finishedAt ?? '').sort();
  return count > 0 && last.at(-1) ? `${count} (${ageOf(last.at(-1), now)} ago)` : String(count);
}
