/**
 * `cluster:` — is the cluster there, and has it what KubeNova needs? Every condition that is not true says the real
 * reason and what to do. The first run with an administrator's kubeconfig installs the baseline and the Manager's own
 * identity, and keeps that identity instead.
 */
import type { ClusterFacts } from '@kubenova/domain/cluster-capabilities.ts';
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { findCondition, isTrue, replaceConditions } from '@kubenova/domain/conditions.ts';
import { isRecord } from '@kubenova/domain/manifest.ts';
import type { ObjectStatus } from '@kubenova/knapi/schemas.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { probeAgent } from '../clusters/agent-probe.ts';
import { installBaseline } from '../clusters/baseline.ts';
import { probeCapabilities } from '../clusters/capability-probe.ts';
import { probeCapsule } from '../clusters/capsule-probe.ts';
import { probeCapsuleProxy } from '../clusters/capsule-proxy-probe.ts';
import { probeIssuer, type TokenIssuer } from '../clusters/issuer-probe.ts';
import { isOwnIdentity, mintOwnIdentity, revokeOlderTokens } from '../clusters/own-identity.ts';
import type { ClusterAccess } from '../clusters/registry.ts';
import { probeVela } from '../clusters/vela-probe.ts';
import {
  appsWaitingForVela,
  type ClusterRecord,
  loadCluster,
  replaceKubeconfig,
  saveClusterFacts,
  saveClusterStatus,
} from '../store/status/clusters.ts';
import { no, type ReconcileContext, unknown, yes } from './context.ts';
import { errorText } from './error-text.ts';
import { deriveStatus, sameStatus } from './object-status.ts';
import { enqueue } from './queue.ts';
import type { RunResult } from './worker.ts';

/** How often what hardly ever changes is looked at again while all is well. */
const THOROUGH_EVERY_MS = 600_000;
const WELL_MS = 30_000;
/** What has just changed for the worse or the better is likely to change again: a cluster that starts, above all. */
const CHANGED_MS = 500;
const UNWELL_MS = 10_000;

/** Remembers, by cluster, when it was last looked at thoroughly; forgetting it costs one look. */
export type ThoroughLooks = Map<string, number>;

export async function reconcileCluster(
  context: ReconcileContext,
  id: string,
  signal: AbortSignal,
  looks: ThoroughLooks,
): Promise<RunResult> {
  const cluster = await loadCluster(context.db, id);
  if (cluster === undefined) {
    looks.delete(id);
    await context.clusters.sync();
    return 'gone';
  }
  const proxy = probeCapsuleProxy({ url: cluster.capsuleProxyUrl, ca: cluster.capsuleProxyCa }, signal);
  // It is awaited below in any case; a failure before that must not count as unhandled.
  proxy.catch(() => undefined);
  const thorough = isThorough(cluster, looks.get(id), context.now());
  const visit = await context.clusters.visit(
    cluster,
    (kube, access) => examine(context, cluster, kube, access, thorough, signal),
    { probe: true },
  );
  const proxyReady = await proxy;

  if (visit.kind === 'unreachable') {
    looks.delete(id);
    const status = unreachable(cluster, visit.reason, visit.message, proxyReady, context.now());
    if (!sameStatus(status, cluster.status))
      await saveClusterStatus(context.db, cluster, status, cluster.kubernetesVersion);
    return { requeueAfterMs: visit.retryAfterMs };
  }

  const { kubernetesVersion, conditions, facts } = visit.value;
  if (facts !== undefined && !sameStatus(facts, cluster.facts)) await saveClusterFacts(context.db, id, facts);
  const [reachable, baseline, capsule, ...others] = conditions;
  const status = deriveStatus({
    generation: cluster.generation,
    deleting: false,
    conditions: [reachable, baseline, capsule, proxyReady, ...others].filter((one) => one !== undefined),
    previous: cluster.status,
    now: context.now(),
  });
  if (status.phase === 'Ready' && thorough) looks.set(id, context.now().getTime());
  if (status.phase !== 'Ready') looks.delete(id);
  const changed = !sameStatus(status, cluster.status);
  if (changed || kubernetesVersion !== cluster.kubernetesVersion) {
    await saveClusterStatus(context.db, cluster, status, kubernetesVersion);
  }
  // A cluster that is new, or back, has not been sampled for a while.
  if (status.phase === 'Ready' && cluster.status.phase !== 'Ready') {
    await enqueue(context.db, `usage:${id}`, { preserveRunAt: true });
  }
  const pause = status.phase === 'Ready' ? WELL_MS : changed ? CHANGED_MS : UNWELL_MS;
  return { requeueAfterMs: pause * (0.9 + Math.random() * 0.2) };
}

/** While all is well the dry run and the comparison of the whole baseline are done now and then only. */
function isThorough(cluster: ClusterRecord, lookedAt: number | undefined, now: Date): boolean {
  return (
    lookedAt === undefined ||
    now.getTime() - lookedAt > THOROUGH_EVERY_MS ||
    cluster.status.observedGeneration !== cluster.generation ||
    cluster.status.phase !== 'Ready'
  );
}

interface Examination {
  kubernetesVersion: string;
  /** Reachable, BaselineReady, CapsuleReady, VelaReady, AgentReady, IssuerTrusted. */
  conditions: ConditionInput[];
  /** Of a thorough look; absent from any other, and where it failed. */
  facts?: ClusterFacts;
}

async function examine(
  context: ReconcileContext,
  cluster: ClusterRecord,
  kube: KubeClient,
  access: ClusterAccess,
  thorough: boolean,
  signal: AbortSignal,
): Promise<Examination> {
  const kubernetesVersion = versionOf(await kube.request('GET', '/version', { signal }));
  const own = isOwnIdentity(access.connection);
  const previous = (type: string) => cluster.status.conditions.find((condition) => condition.type === type);

  const kept = previous('BaselineReady');
  let baseline: ConditionInput = thorough || !own || kept === undefined ? await installBaseline(kube, signal) : kept;
  const [capsule, vela, agent] = await Promise.all([
    probe('CapsuleReady', () =>
      probeCapsule(kube, {
        auth: cluster.auth,
        mayConfigure: !own,
        tryWebhook: thorough || !isTrue(cluster.status.conditions, 'CapsuleReady'),
        signal,
      }),
    ),
    probe('VelaReady', async () => probeVela(kube, await appsWaitingForVela(context.db, cluster.id, 3), signal)),
    probe('AgentReady', () => probeAgent(kube, context.now(), signal)),
  ]);
  // Only an administrator may make KubeNova known to Capsule: where that failed for a moment, it is still to be done.
  const isDone = baseline.status === 'True' && capsule.status !== 'Unknown';
  if (!own && isDone) baseline = await becomeOneself(context, kube, access, signal);

  const { issuer } = context;
  const trusted = issuer === undefined ? [] : [await examineTrust(issuer, cluster, access, thorough, signal)];

  const reachable = yes('Reachable', 'Answers', `The API server answers, Kubernetes ${kubernetesVersion}.`);
  const facts = thorough ? await lookForFacts(kube, signal) : undefined;
  return {
    kubernetesVersion,
    conditions: [reachable, baseline, capsule, vela, agent, ...trusted],
    ...(facts === undefined ? {} : { facts }),
  };
}

/** A trust that was found stands until the next thorough look. */
async function examineTrust(
  issuer: TokenIssuer,
  cluster: ClusterRecord,
  { connection }: ClusterAccess,
  thorough: boolean,
  signal: AbortSignal,
): Promise<ConditionInput> {
  const kept = findCondition(cluster.status.conditions, 'IssuerTrusted');
  if (!thorough && kept !== undefined) return kept;
  return probe('IssuerTrusted', () =>
    probeIssuer(issuer, { name: cluster.name, auth: cluster.auth, connection }, signal),
  );
}

/** What cannot be found out just now stays as it was found last. */
async function lookForFacts(kube: KubeClient, signal: AbortSignal): Promise<ClusterFacts | undefined> {
  try {
    return await probeCapabilities(kube, signal);
  } catch (error) {
    if (!isKubeError(error, ...TELLING)) throw error;
    return undefined;
  }
}

/** What a cluster that answers may answer to a question that it cannot, or will not, answer otherwise. */
const TELLING = ['Forbidden', 'ServerError', 'TooManyRequests', 'Conflict', 'Invalid', 'BadRequest'] as const;

/** One probe that fails must not hide what the others found. */
async function probe(type: string, look: () => Promise<ConditionInput>): Promise<ConditionInput> {
  try {
    return await look();
  } catch (error) {
    if (!isKubeError(error, ...TELLING)) throw error;
    return unknown(type, error.reason, `It could not be found out: ${errorText(error)}`);
  }
}

/** Changes over to the Manager's own identity; what was given is overwritten. */
async function becomeOneself(
  context: ReconcileContext,
  kube: KubeClient,
  access: ClusterAccess,
  signal: AbortSignal,
): Promise<ConditionInput> {
  try {
    const identity = await mintOwnIdentity(kube, access.connection, signal);
    const sealed = context.sealing.seal(identity.kubeconfig, `cluster:${access.cluster.id}`);
    if (await replaceKubeconfig(context.db, access.cluster, sealed))
      await revokeOlderTokens(kube, identity.secret, signal);
    return yes('BaselineReady', 'Installed', "KubeNova's roles, accounts and policies are there.");
  } catch (error) {
    if (!isKubeError(error, 'Forbidden', 'NotFound', 'Invalid', 'Timeout')) throw error;
    return no(
      'BaselineReady',
      'NoOwnIdentity',
      `KubeNova could not make an identity of its own and goes on with the kubeconfig that was given: ${errorText(error)}`,
    );
  }
}

function unreachable(
  cluster: ClusterRecord,
  reason: string,
  message: string,
  proxyReady: ConditionInput,
  now: Date,
): ObjectStatus {
  const advice =
    reason === 'Unauthorized'
      ? ` The credential is not accepted any more. PATCH the cluster with an administrator's kubeconfig.`
      : reason === 'Kubeconfig'
        ? ' PATCH the cluster with a kubeconfig that works.'
        : '';
  const told = no('Reachable', reason, `${message}${advice}`);
  const notSeen = (type: string) => unknown(type, 'ClusterUnreachable', 'The API server does not answer.');
  const conditions = [
    told,
    notSeen('BaselineReady'),
    notSeen('CapsuleReady'),
    proxyReady,
    notSeen('VelaReady'),
    notSeen('AgentReady'),
    ...(findCondition(cluster.status.conditions, 'IssuerTrusted') === undefined ? [] : [notSeen('IssuerTrusted')]),
    no('Ready', reason, told.message),
  ];
  return {
    observedGeneration: cluster.generation,
    phase: 'Unreachable',
    conditions: replaceConditions(cluster.status.conditions, conditions, now),
  };
}

function versionOf(answer: unknown): string {
  return isRecord(answer) && typeof answer.gitVersion === 'string' ? answer.gitVersion : 'of an unknown version';
}
