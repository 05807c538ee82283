/**
 * Whether a workload does what its spec asks for. KubeVela calls `k8s-objects` healthy as soon as they are applied, with
 * every pod pending for good, so an App's health is read off the workloads themselves, by the rules of
 * `kubectl rollout status`: the controller has seen this generation, and every replica is of it and available.
 */
import type { WorkloadStatus } from '@kubenova/knapi/schemas.ts';
import { numberAt, recordAt, recordsAt, textAt } from './dig.ts';
import type { Manifest } from './manifest.ts';

/**
 * - `ready` as asked for · `progressing` may well get there by itself · `failing` will not without somebody's help
 */
export type HealthState = 'ready' | 'progressing' | 'failing';

/** A workload as the contract shows it, with what its health means. */
export interface WorkloadHealth {
  state: HealthState;
  status: WorkloadStatus;
}

/** Kinds that run pods. */
export const WORKLOAD_KINDS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Pod',
]);

/** The health of a workload of one of {@link WORKLOAD_KINDS}. */
export function workloadHealth(object: Manifest): WorkloadHealth {
  const counted = judge(object);
  const { apiVersion, kind, metadata } = object;
  return {
    state: counted.state,
    status: {
      apiVersion,
      kind,
      name: metadata.name,
      ready: counted.state === 'ready',
      replicas: counted.replicas,
      readyReplicas: counted.readyReplicas,
      message: counted.message,
    },
  };
}

/** A workload that was rendered and is not on the cluster. */
export function missingWorkload(expected: { apiVersion: string; kind: string; name: string }): WorkloadHealth {
  return {
    state: 'progressing',
    status: { ...expected, ready: false, replicas: 0, readyReplicas: 0, message: 'It is not there yet.' },
  };
}

interface Counted {
  state: HealthState;
  replicas: number;
  readyReplicas: number;
  message: string;
}

function judge(object: Manifest): Counted {
  switch (object.kind) {
    case 'Deployment':
      return deployment(object);
    case 'StatefulSet':
      return statefulSet(object);
    case 'DaemonSet':
      return daemonSet(object);
    case 'Job':
      return job(object);
    case 'Pod':
      return barePod(object);
    default:
      return { state: 'ready', replicas: 0, readyReplicas: 0, message: '' };
  }
}

function deployment(object: Manifest): Counted {
  const replicas = numberAt(object, 1, 'spec', 'replicas');
  const status = recordAt(object, 'status');
  const readyReplicas = numberAt(status, 0, 'readyReplicas');
  const updated = numberAt(status, 0, 'updatedReplicas');
  const total = numberAt(status, 0, 'replicas');
  const available = numberAt(status, 0, 'availableReplicas');
  const counts = { replicas, readyReplicas };
  if (!seen(object)) return { ...counts, state: 'progressing', message: 'The new generation was not looked at yet.' };
  const failure = condition(object, 'ReplicaFailure');
  if (failure?.status === 'True') return { ...counts, state: 'failing', message: textAt(failure, 'message') };
  const progress = condition(object, 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded') {
    return { ...counts, state: 'failing', message: textAt(progress, 'message') };
  }
  if (updated < replicas)
    return { ...counts, state: 'progressing', message: `${updated} of ${replicas} pods are new.` };
  if (total > updated) return { ...counts, state: 'progressing', message: `${total - updated} old pods have to end.` };
  if (available < replicas) {
    return { ...counts, state: 'progressing', message: `${available} of ${replicas} pods are available.` };
  }
  return { ...counts, state: 'ready', message: '' };
}

function statefulSet(object: Manifest): Counted {
  const replicas = numberAt(object, 1, 'spec', 'replicas');
  const status = recordAt(object, 'status');
  const readyReplicas = numberAt(status, 0, 'readyReplicas');
  const counts = { replicas, readyReplicas };
  if (!seen(object)) return { ...counts, state: 'progressing', message: 'The new generation was not looked at yet.' };
  if (readyReplicas < replicas) {
    return { ...counts, state: 'progressing', message: `${readyReplicas} of ${replicas} pods are ready.` };
  }
  const rolling = textAt(object, 'spec', 'updateStrategy', 'type') !== 'OnDelete';
  const partition = numberAt(object, 0, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  const wanted = Math.max(0, replicas - partition);
  const updated = numberAt(status, 0, 'updatedReplicas');
  const current = textAt(status, 'currentRevision') === textAt(status, 'updateRevision');
  if (rolling && !current && updated < wanted) {
    return { ...counts, state: 'progressing', message: `${updated} of ${wanted} pods are new.` };
  }
  return { ...counts, state: 'ready', message: '' };
}

function daemonSet(object: Manifest): Counted {
  const status = recordAt(object, 'status');
  const replicas = numberAt(status, 0, 'desiredNumberScheduled');
  const counts = { replicas, readyReplicas: numberAt(status, 0, 'numberReady') };
  if (!seen(object)) return { ...counts, state: 'progressing', message: 'The new generation was not looked at yet.' };
  const updated = numberAt(status, 0, 'updatedNumberScheduled');
  if (textAt(object, 'spec', 'updateStrategy', 'type') !== 'OnDelete' && updated < replicas) {
    return { ...counts, state: 'progressing', message: `${updated} of ${replicas} pods are new.` };
  }
  const available = numberAt(status, 0, 'numberAvailable');
  if (available < replicas) {
    return { ...counts, state: 'progressing', message: `${available} of ${replicas} pods are available.` };
  }
  return { ...counts, state: 'ready', message: '' };
}

function job(object: Manifest): Counted {
  const status = recordAt(object, 'status');
  const counts = {
    replicas: numberAt(object, 1, 'spec', 'completions'),
    readyReplicas: numberAt(status, 0, 'succeeded'),
  };
  if (condition(object, 'Complete')?.status === 'True') return { ...counts, state: 'ready', message: 'Completed.' };
  const failed = condition(object, 'Failed');
  if (failed?.status === 'True') {
    return { ...counts, state: 'failing', message: textAt(failed, 'message') || 'The job failed.' };
  }
  if (recordAt(object, 'spec').suspend === true) return { ...counts, state: 'ready', message: 'Suspended.' };
  return { ...counts, state: 'progressing', message: `${counts.readyReplicas} of ${counts.replicas} have completed.` };
}

function barePod(object: Manifest): Counted {
  const phase = textAt(object, 'status', 'phase');
  if (phase === 'Succeeded') return { state: 'ready', replicas: 1, readyReplicas: 0, message: 'Completed.' };
  if (phase === 'Failed') {
    return {
      state: 'failing',
      replicas: 1,
      readyReplicas: 0,
      message: textAt(object, 'status', 'message') || 'The pod failed.',
    };
  }
  const ready = condition(object, 'Ready')?.status === 'True';
  return { state: ready ? 'ready' : 'progressing', replicas: 1, readyReplicas: ready ? 1 : 0, message: '' };
}

function seen(object: Manifest): boolean {
  return numberAt(object, 0, 'status', 'observedGeneration') >= (object.metadata.generation ?? 0);
}

function condition(object: Manifest, type: string): Record<string, unknown> | undefined {
  return recordsAt(object, 'status', 'conditions').find((entry) => entry.type === type);
}
