/**
 * What a kubelet says of a pod: the state of each container by what shall become of it, and what follows for the pod.
 * Source: `k8s.io/kubernetes/pkg/kubelet` (`kubelet_pods.go`, `status/generate.go`, `images/image_manager.go`).
 */
import { createHash } from 'node:crypto';
import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '@kubenova/kube/kinds/pod.ts';
import { controllerOf, type Fact, withFacts } from './owned.ts';

/** Asks for a fate: one of {@link Outcome}. */
export const OUTCOME = 'kube-sim.kubenova.io/outcome';
/** How a container exits, by outcome; undefined: it does not. */
const EXITS = {
  ImagePullBackOff: undefined,
  CrashLoopBackOff: { exitCode: 1, reason: 'Error' },
  OOMKilled: { exitCode: 137, reason: 'OOMKilled' },
  NeverReady: undefined,
  Error: { exitCode: 1, reason: 'Error' },
};
export type Outcome = keyof typeof EXITS;

/** What becomes of a container; undefined: it runs, or, of a Job or a hook of Helm, it does its work and ends. */
export function outcomeOf({ metadata }: Pod, { image }: Container): Outcome | undefined {
  const asked = metadata.annotations?.[OUTCOME] ?? '';
  if (image.endsWith(':does-not-exist')) return 'ImagePullBackOff';
  return Object.hasOwn(EXITS, asked) ? (asked as Outcome) : undefined;
}

export const endsByItself = (pod: Pod): boolean =>
  controllerOf(pod)?.kind === 'Job' || pod.metadata.annotations?.['helm.sh/hook'] !== undefined;

/** How a container fails that runs and fails again: 10 s after the first time, twice as long each time, at most 5 min. */
export const restartDelayMs = (restarts: number): number => Math.min(300_000, 10_000 * 2 ** Math.max(0, restarts - 1));

/** As Go prints a duration of whole seconds: `10s`, `1m20s`. */
function duration(ms: number): string {
  const seconds = ms / 1_000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** `docker.io/library/nginx:1` for `nginx:1`, as the container runtime names it. */
function fullName(image: string): string {
  const [head = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]|^localhost$/.test(head) ? image : `docker.io/${image}`;
}

export function pullError(image: string): string {
  const name = fullName(image);
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
}

export const creating = ({ name, image }: Container): ContainerStatus & { imageID: string } => {
  const state = { waiting: { reason: 'ContainerCreating' } };
  return { name, image, imageID: '', ready: false, started: false, restartCount: 0, state, lastState: {} };
};

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The next status of a container, one step on from the last. */
export function nextStatus(pod: Pod, container: Container, now: string, ends: boolean): ContainerStatus {
  const { name, image } = container;
  const { uid, namespace, name: podName } = pod.metadata;
  const old = pod.status?.containerStatuses?.find((status) => status.name === name && status.image === image);
  const outcome = outcomeOf(pod, container);
  if (outcome === 'ImagePullBackOff') {
    const why = pullError(image);
    const again = ['ErrImagePull', 'ImagePullBackOff'].includes(old?.state?.waiting?.reason ?? '');
    const waiting = again
      ? { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ErrImagePull: ${why}` }
      : { reason: 'ErrImagePull', message: why };
    return { ...creating(container), state: { waiting } };
  }
  const exit = outcome && EXITS[outcome];
  const again = exit !== undefined && pod.spec?.restartPolicy !== 'Never';
  const restartCount = (old?.restartCount ?? 0) + (again ? 1 : 0);
  const imageID = `${fullName(image).replace(/:[^:/]*$/, '')}@sha256:${digest(image)}`;
  const containerID = `containerd://${digest(`${uid} ${name} ${restartCount}`)}`;
  const base = { ...creating(container), imageID, containerID, restartCount };
  const startedAt = old?.state?.running?.startedAt ?? now;
  const ended = (how: { exitCode: number; reason: string }): ContainerState => {
    const terminated = { ...how, startedAt, finishedAt: now, containerID };
    return { terminated };
  };
  if (again) {
    const delay = duration(restartDelayMs(restartCount));
    const message = `back-off ${delay} restarting failed container=${name} pod=${podName}_${namespace}(${uid})`;
    return { ...base, state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState: ended(exit) };
  }
  if (exit || ends) return { ...base, state: ended(exit ?? { exitCode: 0, reason: 'Completed' }) };
  return { ...base, ready: outcome !== 'NeverReady', started: true, state: { running: { startedAt } } };
}

/** A pod's status from those of its containers. */
export function podStatus(pod: Pod, statuses: ContainerStatus[], hostIP: string, now: string): PodStatus {
  const { uid = '', generation: observedGeneration } = pod.metadata;
  const states = statuses.map(({ state }) => state ?? {});
  const started = statuses.every(({ state, lastState }) => !state?.waiting || lastState?.terminated);
  const done = states.every(({ terminated }) => terminated !== undefined);
  const good = states.every(({ terminated }) => terminated?.exitCode === 0);
  const phase = !started ? 'Pending' : !done ? 'Running' : good ? 'Succeeded' : 'Failed';
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  const why = done
    ? { reason: good ? 'PodCompleted' : 'PodFailed' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const running = states.some(({ waiting }) => waiting?.reason !== 'ContainerCreating');
  const [first = 0, second, third = 0] = createHash('sha256').update(uid).digest();
  const podIP = `10.${244 + (first % 4)}.${second}.${1 + (third % 254)}`;
  const ready = unready.length === 0;
  const common = { observedGeneration, lastProbeTime: null };
  const unless = (yes: boolean) => (yes ? common : { ...common, ...why });
  const facts: Fact[] = [
    ['PodReadyToStartContainers', running && !done, common],
    ['Initialized', true, unless(!(done && good))],
    ['Ready', ready, unless(ready)],
    ['ContainersReady', ready, unless(ready)],
    ['PodScheduled', true, common],
  ];
  const conditions = withFacts(pod.status?.conditions ?? [], facts, now);
  const { initContainers = [] } = pod.spec ?? {};
  const initialised = initContainers.map((container) => nextStatus({ ...pod, status: {} }, container, now, true));
  return {
    phase,
    conditions,
    hostIP,
    startTime: pod.status?.startTime ?? now,
    ...{ observedGeneration, hostIPs: [{ ip: hostIP }] },
    ...(running && { podIP, podIPs: [{ ip: podIP }] }),
    ...(initialised.length > 0 && running && { initContainerStatuses: initialised }),
    containerStatuses: statuses,
  };
}
