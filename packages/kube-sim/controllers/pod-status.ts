/**
 * What a kubelet says of a pod: the state of each container by what shall become of it, and what follows for the pod.
 * Source: `k8s.io/kubernetes/pkg/kubelet` (`kubelet_pods.go`, `status/generate.go`, `images/image_manager.go`).
 */
import { createHash } from 'node:crypto';
import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '@kubenova/kube/kinds/pod.ts';
import { controllerOf, type StatusCondition, withCondition } from './owned.ts';

/** Asks for a fate: one of {@link Outcome}. */
export const OUTCOME = 'kube-sim.kubenova.io/outcome';
const OUTCOMES = ['ImagePullBackOff', 'CrashLoopBackOff', 'OOMKilled', 'NeverReady', 'Error'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What becomes of a container; undefined: it runs, or, of a Job or a hook of Helm, it does its work and ends. */
export function outcomeOf(pod: Pod, { image }: Container): Outcome | undefined {
  if (image.endsWith(':does-not-exist')) return 'ImagePullBackOff';
  return OUTCOMES.find((outcome) => outcome === pod.metadata.annotations?.[OUTCOME]);
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

const waiting = (reason: string, message?: string): ContainerState => ({
  waiting: { reason, ...(message && { message }) },
});

export const creating = ({ name, image }: Container): ContainerStatus & { imageID: string } => {
  return {
    name,
    image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: waiting('ContainerCreating'),
    lastState: {},
  };
};

/** The next status of a container, one step on from the last. */
export function nextStatus(pod: Pod, container: Container, now: string, ends: boolean): ContainerStatus {
  const { name, image } = container;
  const old = pod.status?.containerStatuses?.find((status) => status.name === name && status.image === image);
  const restarts = old?.restartCount ?? 0;
  const { restartPolicy = 'Always' } = pod.spec ?? {};
  const idOf = (restart: number) =>
    `containerd://${createHash('sha256').update(`${pod.metadata.uid} ${name} ${restart}`).digest('hex')}`;
  const imageID = `${fullName(image).replace(/:[^:/]*$/, '')}@sha256:${createHash('sha256').update(image).digest('hex')}`;
  const base = { ...creating(container), imageID, containerID: idOf(restarts) };
  const ended = (exitCode: number, reason: string, restart: number): ContainerState => {
    const startedAt = old?.state?.running?.startedAt ?? now;
    const terminated = { exitCode, reason, startedAt, finishedAt: now, containerID: idOf(restart) };
    return { terminated };
  };
  const outcome = outcomeOf(pod, container);
  if (outcome === 'ImagePullBackOff') {
    const said = old?.state?.waiting?.reason;
    const why = pullError(image);
    const state =
      said === 'ErrImagePull' || said === 'ImagePullBackOff'
        ? waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${why}`)
        : waiting('ErrImagePull', why);
    return { ...creating(container), state };
  }
  if (outcome === 'CrashLoopBackOff' || outcome === 'OOMKilled' || outcome === 'Error') {
    const [code, reason] = outcome === 'OOMKilled' ? ([137, 'OOMKilled'] as const) : ([1, 'Error'] as const);
    if (restartPolicy === 'Never') return { ...base, state: ended(code, reason, restarts) };
    const { name: podName, namespace, uid } = pod.metadata;
    const delay = duration(restartDelayMs(restarts + 1));
    const message = `back-off ${delay} restarting failed container=${name} pod=${podName}_${namespace}(${uid})`;
    const lastState = ended(code, reason, restarts + 1);
    const state = waiting('CrashLoopBackOff', message);
    return { ...base, containerID: idOf(restarts + 1), restartCount: restarts + 1, state, lastState };
  }
  if (ends) return { ...base, restartCount: restarts, state: ended(0, 'Completed', restarts) };
  const running = old?.state?.running ?? { startedAt: now };
  return { ...base, restartCount: restarts, ready: outcome !== 'NeverReady', started: true, state: { running } };
}

/** A pod's status from those of its containers. */
export function podStatus(pod: Pod, statuses: ContainerStatus[], hostIP: string, now: string): PodStatus {
  const { uid = '', generation } = pod.metadata;
  const states = statuses.map(({ state }) => state ?? {});
  const started = statuses.every(({ state, lastState }) => !state?.waiting || lastState?.terminated);
  const done = states.every(({ terminated }) => terminated !== undefined);
  const good = states.every(({ terminated }) => terminated?.exitCode === 0);
  const phase = !started ? 'Pending' : !done ? 'Running' : good ? 'Succeeded' : 'Failed';
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  const why = done
    ? { reason: good ? 'PodCompleted' : 'PodFailed' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const running = states.some(({ waiting: reason }) => reason?.reason !== 'ContainerCreating');
  const bytes = createHash('sha256').update(uid).digest();
  const podIP = `10.${244 + ((bytes[0] ?? 0) % 4)}.${bytes[1]}.${1 + ((bytes[2] ?? 0) % 254)}`;
  const ready = unready.length === 0;
  const facts: readonly [string, boolean, object?][] = [
    ['PodReadyToStartContainers', running && !done],
    ['Initialized', true, done && good ? why : {}],
    ['Ready', ready, ready ? {} : why],
    ['ContainersReady', ready, ready ? {} : why],
    ['PodScheduled', true],
  ];
  const conditions = facts.reduce((all: StatusCondition[], [type, yes, reason]) => {
    const next = {
      type,
      status: yes ? 'True' : 'False',
      observedGeneration: generation,
      lastProbeTime: null,
      ...reason,
    } as const;
    return withCondition(all, next, now, true);
  }, pod.status?.conditions ?? []);
  const { initContainers = [] } = pod.spec ?? {};
  const initialised = initContainers.map((container) => nextStatus({ ...pod, status: {} }, container, now, true));
  return {
    phase,
    conditions,
    hostIP,
    startTime: pod.status?.startTime ?? now,
    ...(running && { podIP }),
    ...{ observedGeneration: generation, hostIPs: [{ ip: hostIP }], ...(running && { podIPs: [{ ip: podIP }] }) },
    ...(initialised.length > 0 && running && { initContainerStatuses: initialised }),
    containerStatuses: statuses,
  };
}
