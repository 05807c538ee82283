/** Logs of a container, whole or as they are written. Source: Kubernetes API, `readNamespacedPodLog`. */
import type { Readable } from 'node:stream';
import type { KubeClient } from './client.ts';
import { Pod } from './kinds/pod.ts';
import { objectPath } from './resource.ts';

export interface LogOptions {
  namespace: string;
  pod: string;
  /** Needed when the Pod has several. */
  container?: string;
  /** Keeps the stream open until the container ends. */
  follow?: boolean;
  /** Of the container's run before the last restart. */
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  limitBytes?: number;
  signal?: AbortSignal;
}

/**
 * Opens the log as a byte stream (UTF-8, a line an entry); abort the signal or destroy the stream to end it.
 * @throws KubeError `NotFound` without the Pod, `BadRequest` when the container has not started or is not named
 */
export function openPodLog(client: Pick<KubeClient, 'stream'>, options: LogOptions): Promise<Readable> {
  const { namespace, pod, signal, ...query } = options;
  return client.stream(objectPath(Pod, { namespace, name: pod }, 'log'), { query, signal });
}
