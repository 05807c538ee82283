/**
 * The connections to clusters: one client a cluster, made when it is first needed, made anew when its kubeconfig
 * changes, closed when its row goes. Whoever works on a cluster does so in a *visit*, which tells "the cluster did not
 * answer" apart from "the cluster said no": the first is nobody's fault, trips the cluster's breaker and puts its keys
 * off; the second is the visit's own failure.
 */
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError, KubeError } from '@kubenova/kube/error.ts';
import { type KubeConnection, KubeconfigError, parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import type { Kysely } from 'kysely';
import { errorText } from '../reconcile/error-text.ts';
import type { Database } from '../store/database.ts';
import { type ClusterRef, listClusterRefs, loadSealedKubeconfig } from '../store/status/clusters.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { AlreadyRegisteredError, identifyCluster } from './identify.ts';

/** Opens what `identity/sealing.ts` sealed. */
export interface Unsealing {
  unseal(sealed: Buffer, context: string): string;
}

export type Visit<T> =
  | { kind: 'done'; value: T }
  | {
      kind: 'unreachable';
      /** For a condition: `Unreachable`, `Timeout`, `Certificate`, `Unauthorized`, `Protocol`, `Kubeconfig`, `AlreadyRegistered`. */
      reason: string;
      message: string;
      retryAfterMs: number;
    };

/** How a cluster is reached. */
export interface ClusterAccess {
  /** Of the connection that the visit uses; it may be newer than what the caller knew. */
  cluster: ClusterRef;
  connection: KubeConnection;
}

export interface VisitOptions {
  /** The visit is the cluster's own probe, which goes ahead also while the breaker is open. */
  probe?: boolean;
}

export interface ClusterRegistry {
  /** @throws what `work` throws, unless it means that the cluster cannot be talked to */
  visit<T>(
    cluster: ClusterRef,
    work: (kube: KubeClient, access: ClusterAccess) => Promise<T>,
    options?: VisitOptions,
  ): Promise<Visit<T>>;
  /** Opens what is missing and closes what has no row any more. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface RegistryOptions {
  db: Kysely<Database>;
  sealing: Unsealing;
  /** Called for every connection that is made; what it answers is called when the connection ends. */
  onOpen(cluster: ClusterRef, kube: KubeClient): () => void;
  /** Called when a cluster does not answer although it did before. */
  onLost(cluster: ClusterRef): void;
  /** Called when a cluster answers again after it did not. */
  onBack(cluster: ClusterRef): void;
  connect?: (connection: KubeConnection) => KubeClient;
  /** Makes sure, once a connection, that it leads to the cluster that the record means. */
  identify?: (cluster: ClusterRef, kube: KubeClient) => Promise<void>;
  now?: () => number;
  random?: () => number;
}

interface Connection extends ClusterAccess {
  kube: KubeClient;
  /** Set while the cluster is being identified, and once it is. */
  identified?: Promise<void>;
  stopWatching(): void;
}

/** Short, because a slot is kept for as long; an API server that needs longer for a small object is not well. */
const TIMEOUTS = { requestTimeoutMs: 6_000, overallTimeoutMs: 10_000, connectTimeoutMs: 3_000 };

export function createClusterRegistry(options: RegistryOptions): ClusterRegistry {
  const { db, sealing, now = Date.now, random = Math.random } = options;
  const connect =
    options.connect ?? ((connection) => createKubeClient(connection, { userAgent: 'kubenova-manager', ...TIMEOUTS }));
  const identify = options.identify ?? ((cluster, kube) => identifyCluster(db, cluster, kube));
  const connections = new Map<string, Promise<Connection>>();
  const versions = new Map<string, string>();
  const breakers = new Map<string, Breaker>();
  let closed = false;

  function breakerOf(id: string): Breaker {
    const breaker = breakers.get(id) ?? createBreaker(now, random);
    breakers.set(id, breaker);
    return breaker;
  }

  async function open(cluster: ClusterRef): Promise<Connection> {
    const row = await loadSealedKubeconfig(db, cluster.id);
    if (row === undefined)
      throw new KubeError('Unreachable', `The cluster ${cluster.name} is not registered any more.`);
    versions.set(cluster.id, row.credentialVersion);
    const connection = parseKubeconfig(sealing.unseal(row.sealed, `cluster:${cluster.id}`));
    const kube = connect(connection);
    const current = { ...cluster, credentialVersion: row.credentialVersion };
    return { cluster: current, connection, kube, stopWatching: options.onOpen(current, kube) };
  }

  async function end(id: string): Promise<void> {
    const opening = connections.get(id);
    connections.delete(id);
    versions.delete(id);
    const connection = await opening?.catch(() => undefined);
    connection?.stopWatching();
    // Whoever visits just now may finish; what hangs ends with its own timeout.
    setTimeout(() => void connection?.kube.close(), closed ? 0 : TIMEOUTS.overallTimeoutMs).unref();
  }

  function connectionTo(cluster: ClusterRef): Promise<Connection> {
    if (closed) throw new Error('the registry of clusters is closed');
    const known = connections.get(cluster.id);
    if (known !== undefined && versions.get(cluster.id) === cluster.credentialVersion) return known;
    if (known !== undefined) void end(cluster.id);
    versions.set(cluster.id, cluster.credentialVersion);
    const opening = open(cluster);
    connections.set(cluster.id, opening);
    opening.catch(() => {
      if (connections.get(cluster.id) === opening) connections.delete(cluster.id);
    });
    return opening;
  }

  /** What failed is tried again at the next visit. */
  function identified(connection: Connection): Promise<void> {
    connection.identified ??= identify(connection.cluster, connection.kube).catch((error: unknown) => {
      connection.identified = undefined;
      throw error;
    });
    return connection.identified;
  }

  return {
    async visit(cluster, work, { probe = false } = {}) {
      const breaker = breakerOf(cluster.id);
      const closedFor = breaker.check({ probe });
      if (closedFor !== undefined) return { kind: 'unreachable', reason: 'Unreachable', ...closedFor };
      try {
        const connection = await connectionTo(cluster);
        await identified(connection);
        const value = await work(connection.kube, { cluster: connection.cluster, connection: connection.connection });
        if (breaker.succeeded()) options.onBack(cluster);
        return { kind: 'done', value };
      } catch (error) {
        const reason = notAnswering(error);
        if (reason === undefined) {
          // It said no, but it answered.
          if (isKubeError(error) && error.code !== undefined && breaker.succeeded()) options.onBack(cluster);
          throw error;
        }
        const message = errorText(error);
        const { isNew, retryAfterMs } = breaker.failed(message);
        if (isNew) options.onLost(cluster);
        return { kind: 'unreachable', reason, message, retryAfterMs };
      }
    },

    async sync() {
      const refs = await listClusterRefs(db);
      const ids = new Set(refs.map((ref) => ref.id));
      for (const id of [...connections.keys()]) if (!ids.has(id)) await end(id);
      for (const id of [...breakers.keys()]) if (!ids.has(id)) breakers.delete(id);
      // A kubeconfig that cannot be opened is told by the cluster's own reconciler.
      await Promise.all(refs.map((ref) => connectionTo(ref).catch(() => undefined)));
    },

    async close() {
      closed = true;
      await Promise.all([...connections.keys()].map(end));
    },
  };
}

/** The reason when an error means that the cluster cannot be talked to; `undefined` for any other error. */
export function notAnswering(error: unknown): string | undefined {
  if (isKubeError(error, 'Unreachable', 'Certificate', 'Protocol', 'Unauthorized')) return error.reason;
  // A server's own 504 speaks of one request; silence speaks of the cluster.
  if (isKubeError(error, 'Timeout') && error.code === undefined) return 'Timeout';
  if (error instanceof AlreadyRegisteredError) return 'AlreadyRegistered';
  if (error instanceof KubeconfigError) return 'Kubeconfig';
  if (error instanceof Error && error.name === 'SealingError') return 'Kubeconfig';
  return undefined;
}
