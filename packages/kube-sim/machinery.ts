/**
 * What works on an API server and beside it: controllers, scheduler, kubelets. This package has none; whoever starts a
 * cluster gives it some (`stand-ins/kubernetes`) or does without, as with a bare kube-apiserver: nothing then follows
 * from a write, and no definition of a kind is ever established.
 */
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Clock } from '@kubenova/kube-model/clock.ts';
import type { ResourceRegistry } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { LocalClient, LocalClientFor } from './api/local-client.ts';

/** The cluster, as its machinery sees it. */
export interface MachineryHost {
  readonly clientFor: LocalClientFor;
  readonly store: Store;
  readonly resources: ResourceRegistry;
  readonly clock: Clock;
  /** PEM, for `kube-root-ca.crt`. */
  readonly rootCa: string;
  /** Makes the token of an account that lies in a Secret. */
  readonly signForSecret: (account: KubeObject, secret: string) => Promise<string>;
  /** Told of what goes wrong; it is tried again in any case. */
  readonly onError: (where: string, error: unknown) => void;
}

export interface Machinery {
  /** Resolves when it has nothing to do soon. */
  idle(): Promise<void>;
  stop(): void;
  /** @throws ApiError 400 when the pod has no such container, or is on no node */
  checkContainer(pod: Pod, container: string): void;
  /** A log in chunks. @throws ApiError before anything is read */
  readLogs(source: LogSource): AsyncIterable<string>;
  /** Runs a command in a container. @throws ApiError when it cannot begin */
  startShell(options: ShellOptions): ShellSession;
}

/** `PodLogOptions`, as the query of `pods/x/log` has them. */
export interface LogOptions {
  readonly container?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  readonly limitBytes?: number;
}

export interface LogSource {
  readonly pod: Pod;
  /** Answers the pod as it is now, undefined once it is gone. */
  readonly current: () => Pod | undefined;
  readonly clock: Clock;
  readonly log: LogOptions;
  readonly signal?: AbortSignal;
}

export interface ShellOptions {
  readonly pod: Pod;
  /** As asked for; '' or absent: the only one. */
  readonly container?: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  /** Whether somebody will write; without it the shell reads an end of file. */
  readonly stdin: boolean;
  /** Reads ConfigMaps and Secrets that the pod names. */
  readonly client: LocalClient;
  readonly clock: Clock;
  /** Told of output as it comes; with a terminal everything is stdout. */
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface ShellSession {
  /** What the user types or pipes; undefined is the end of it. */
  write(data: Uint8Array | undefined): void;
  resize(size: { width: number; height: number }): void;
  /** Ends it, as when the connection is gone. */
  kill(): void;
  /** Resolves when it has ended: with an exit code, or with why it never ran, in the words of the container runtime. */
  readonly ended: Promise<{ exitCode: number } | { error: string }>;
}
