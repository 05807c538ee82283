/**
 * Logs of containers that never ran. A log is a function of its container and the time: a few lines when it starts, one
 * every ten seconds from then on, and one when it fails, so that reading it twice shows the same.
 */
import type { Container, ContainerStatus, Pod } from '@kubenova/kube/kinds/pod.ts';
import { badRequest, invalid } from '@kubenova/kube-model/api-error.ts';
import type { FieldError } from '@kubenova/kube-model/field-error.ts';
import type { LogOptions, LogSource } from '@kubenova/kube-sim/machinery.ts';
import { chooseContainer, statusOf } from './containers.ts';

interface Line {
  readonly at: number;
  readonly text: string;
}

const BEAT_MS = 10_000;
/** How often the end of a container is looked for while its log is followed. */
const LOOK_MS = 500;
/** What a node keeps of a log. */
const MOST_BEATS = 1_000;

/**
 * The log of a container, in chunks of whole lines (but for `limitBytes`). With `follow` it goes on, as time passes,
 * until the signal aborts or the container ends.
 *
 * @throws ApiError in the words of the API server and the kubelet: options that are wrong (422), no such container, none chosen, not started (400)
 */
export function readLogs({ pod, current, clock, log, signal }: LogSource): AsyncIterable<string> {
  check(pod, log);
  const container = chooseContainer(pod, log.container);
  // A pod that is on no node has an empty log.
  if (pod.spec?.nodeName === undefined) return (async function* () {})();
  startOf(pod, container, log.previous);
  const since = log.sinceSeconds ? clock.now() - log.sinceSeconds * 1_000 : Date.parse(log.sinceTime ?? '');

  return (async function* () {
    let left = log.limitBytes ?? Number.POSITIVE_INFINITY;
    let seen: number | undefined;
    for (;;) {
      const now = current();
      const latest = now?.metadata.uid === pod.metadata.uid ? now : undefined;
      const all = linesOf(latest ?? pod, container, log.previous, clock.now());
      let lines = seen === undefined ? all.filter(({ at }) => !(at < since)) : all.filter(({ at }) => at > (seen ?? 0));
      if (seen === undefined && log.tailLines !== undefined)
        lines = log.tailLines === 0 ? [] : lines.slice(-log.tailLines);
      seen = all.at(-1)?.at ?? 0;
      const stamp = (at: number) => (log.timestamps ? `${new Date(at).toISOString().slice(0, 23)}000000Z ` : '');
      const chunk = Buffer.from(lines.map(({ at, text }) => `${stamp(at)}${text}\n`).join('')).subarray(0, left);
      left -= chunk.length;
      if (chunk.length > 0) yield chunk.toString();
      const running = latest !== undefined && statusOf(latest, container.name)?.state?.running !== undefined;
      if (!log.follow || log.previous || !running || left <= 0 || signal?.aborted) return;
      await new Promise<void>((resolve) => {
        clock.after(LOOK_MS, resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  })();
}

function check(pod: Pod, { tailLines, limitBytes, sinceSeconds, sinceTime }: LogOptions): void {
  const least = (field: string, value: number | undefined, minimum: number, detail: string): FieldError[] =>
    value === undefined || value >= minimum ? [] : [{ kind: 'Invalid', field, value, detail }];
  const detail = 'at most one of `sinceTime` or `sinceSeconds` may be specified';
  const wrong: FieldError[] = [
    ...least('tailLines', tailLines, 0, 'must be greater than or equal to 0'),
    ...least('limitBytes', limitBytes, 1, 'must be greater than 0'),
    ...(sinceSeconds !== undefined && sinceTime !== undefined
      ? [{ kind: 'Forbidden' as const, field: '[]', detail }]
      : least('sinceSeconds', sinceSeconds, 1, 'must be greater than 0')),
  ];
  if (wrong.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod.metadata.name, wrong);
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) {
    const layout = '2006-01-02T15:04:05Z07:00';
    throw badRequest(`parsing time "${sinceTime}" as "${layout}": cannot parse "${sinceTime}" as "2006"`);
  }
}

type Run = { startedAt?: string; finishedAt?: string; reason?: string; exitCode?: number };

/** The run whose log is asked for. @throws ApiError 400 as the kubelet words it */
function startOf(pod: Pod, { name }: Container, previous = false): Run {
  const { state, lastState }: Partial<ContainerStatus> = statusOf(pod, name) ?? {};
  const which = `container "${name}" in pod "${pod.metadata.name}"`;
  if (previous) {
    if (lastState?.terminated === undefined) throw badRequest(`previous terminated ${which} not found`);
    return lastState.terminated;
  }
  const run = state?.running ?? state?.terminated ?? lastState?.terminated;
  if (run !== undefined) return run;
  const reason = state?.waiting?.reason;
  if (reason === undefined) throw badRequest(`${which} is not available`);
  const told: Record<string, string> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  };
  throw badRequest(`${which} is waiting to start: ${told[reason] ?? reason}`);
}

function linesOf(pod: Pod, container: Container, previous: boolean | undefined, now: number): Line[] {
  const { startedAt = '', finishedAt, reason, exitCode = 0 } = startOf(pod, container, previous);
  const start = Date.parse(startedAt);
  const end = finishedAt === undefined ? now : Date.parse(finishedAt);
  const { name, namespace } = pod.metadata;
  const command = [...(container.command ?? []), ...(container.args ?? [])].join(' ');
  const ports = (container.ports ?? []).map(({ containerPort, protocol = 'TCP' }) => `${containerPort}/${protocol}`);
  const texts = [
    `container ${container.name} of pod ${namespace}/${name} starts (simulated)`,
    `image: ${container.image}`,
    `command: ${command || 'as the image has it'}`,
    ...ports.map((port) => `listening on ${port}`),
  ];
  const lines = texts.map((text, index) => ({ at: start + index, text }));
  const beats = Math.max(0, Math.floor((end - start) / BEAT_MS));
  for (let beat = Math.max(1, beats - MOST_BEATS + 1); beat <= beats; beat += 1) {
    lines.push({ at: start + beat * BEAT_MS, text: `heartbeat ${beat}: nothing to report` });
  }
  if (finishedAt === undefined) return lines;
  const why = reason === 'OOMKilled' ? 'killed: out of memory' : `fatal: exit code ${exitCode}`;
  const last = lines.at(-1)?.at ?? start;
  return [...lines, { at: Math.max(end, last + 1), text: exitCode === 0 ? 'done' : why }];
}
