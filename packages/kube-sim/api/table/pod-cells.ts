/**
 * How a pod is doing, in the one word that `kubectl get pods` shows for it.
 * Source: `kubernetes/pkg/printers/internalversion`, `printPod`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ageOf } from './human-duration.ts';

interface ContainerState {
  readonly waiting?: { readonly reason?: string };
  readonly running?: object;
  readonly terminated?: Termination;
}

interface Termination {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly signal?: number;
  readonly finishedAt?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface PodView extends KubeObject {
  readonly spec: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
    readonly nodeName?: string;
    readonly readinessGates?: readonly { readonly conditionType: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly nominatedNodeName?: string;
  };
}

export interface PodSummary {
  /** As in `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`. */
  readonly status: string;
  readonly ready: number;
  readonly containers: number;
  readonly restarts: string;
}

export function summarize(pod: PodView, now: number): PodSummary {
  const { spec, status = {} } = pod;
  const inits = spec.initContainers ?? [];
  const sidecars = new Set(inits.filter((one) => one.restartPolicy === 'Always').map(({ name }) => name));
  const initStatuses = status.initContainerStatuses ?? [];
  const main = status.containerStatuses ?? [];
  const gated = status.conditions?.some((one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated');
  let word = gated ? 'SchedulingGated' : status.reason || status.phase || '';

  const pending = initStatuses.findIndex((one) => !isPast(one, sidecars.has(one.name)));
  const reached = pending < 0 ? initStatuses : initStatuses.slice(0, pending);
  let ready = reached.filter((one) => sidecars.has(one.name) && one.ready && !succeeded(one)).length;
  let restarted = pending < 0 ? initStatuses : initStatuses.slice(0, pending + 1);
  const blocking = initStatuses[pending];
  if (blocking) word = `Init:${initWord(blocking, `${pending}/${inits.length}`)}`;
  if (!blocking || conditionTrue(pod, 'Initialized')) {
    restarted = [...restarted.filter((one) => sidecars.has(one.name)), ...main];
    ready += main.filter(isRunning).length;
    word = mainWord(pod, main, word);
  }

  const over = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') word = 'Unknown';
    else if (!over) word = 'Terminating';
  }
  return {
    status: word,
    ready,
    containers: (spec.containers ?? []).length + sidecars.size,
    restarts: count(restarted, now),
  };
}

const succeeded = ({ state }: ContainerStatus) => state?.terminated !== undefined && !state.terminated.exitCode;
const isRunning = (one: ContainerStatus) =>
  one.ready === true && one.state?.running !== undefined && !one.state.terminated && !one.state.waiting?.reason;

/** Nothing waits for this init container any more. */
const isPast = (one: ContainerStatus, sidecar: boolean) => succeeded(one) || (sidecar && one.started === true);

const ending = ({ reason, signal, exitCode = 0 }: Termination) =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

function initWord({ state }: ContainerStatus, progress: string): string {
  if (state?.terminated) return ending(state.terminated);
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? waiting : progress;
}

/** The first container that has something to say decides; a completed one yields to one that runs or failed. */
function mainWord(pod: PodView, statuses: readonly ContainerStatus[], before: string): string {
  let word = before;
  let failure = '';
  for (const { state } of statuses.toReversed()) {
    if (state?.waiting?.reason) word = state.waiting.reason;
    else if (state?.terminated) {
      word = ending(state.terminated);
      if (state.terminated.exitCode) failure = word;
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

/** `2 (5m3s ago)`. */
function count(statuses: readonly ContainerStatus[], now: number): string {
  const restarts = statuses.reduce((sum, one) => sum + (one.restartCount ?? 0), 0);
  const [last] = statuses
    .flatMap((one) => one.lastState?.terminated?.finishedAt ?? [])
    .sort()
    .reverse();
  return restarts > 0 && last ? `${restarts} (${ageOf(last, now)} ago)` : String(restarts);
}
