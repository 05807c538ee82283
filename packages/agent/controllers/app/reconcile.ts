/**
 * One look at one App, from top to bottom: observe → resolve and render → apply what differs → observe what became of it
 * → write the report. Every step can be repeated; in a settled world none of them writes.
 *
 * A settled App costs reads in its own namespace only: its desired state comes from the cache, and the Application's uid
 * and generation tell whether anybody has touched the spec since it was last compared.
 */
import {
  APP_REPORT_KEY,
  type AppReport,
  appReportPatch,
  encodeAppReport,
  readAppReport,
} from '@kubenova/domain/app-report.ts';
import { APP_STATE_KEY, type AppState, readAppState } from '@kubenova/domain/app-state.ts';
import { APP_ID, SANDBOX, VELA_PUBLISH_VERSION } from '@kubenova/domain/labels.ts';
import { AGENT_FIELD_MANAGER, appConfigMapName, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError, KubeError } from '@kubenova/kube/error.ts';
import type { Informer } from '@kubenova/kube/informer.ts';
import { ConfigMap, type Namespace } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import type { Logger } from '../../log.ts';
import type { AgentMetrics } from '../../metrics.ts';
import type { SourceResolver } from '../../resolve/resolve-source.ts';
import { type AppMemory, freshest, outlineOf } from './app-memory.ts';
import { applicationView } from './application-view.ts';
import {
  applyApplication,
  type Differences,
  differences,
  isEqual,
  isPublishOf,
  nextPublishVersion,
} from './apply-application.ts';
import { nextLookMs } from './cadence.ts';
import { configMapView } from './config-map-view.ts';
import { desiredApplication } from './desired-application.ts';
import { isStateGone, removeApplications, strayApplications } from './orphans.ts';
import { isPokeDue, poke, pokeReason } from './poke.ts';
import { deriveReport, type Findings } from './report.ts';
import { retryForbidden } from './retry-forbidden.ts';
import { readVelaStatus } from './vela-status.ts';
import { observeWorkloads } from './workloads.ts';

export interface AppContext {
  readonly client: KubeClient;
  readonly configMaps: Informer<ConfigMap>;
  readonly applications: Informer<Application>;
  readonly namespaces: Informer<Namespace>;
  /** False while the cache of Applications was never filled, as before KubeVela is installed. */
  readonly servesApplications: () => boolean;
  readonly resolver: SourceResolver;
  readonly memory: Map<string, AppMemory>;
  readonly metrics: AgentMetrics;
  readonly log: Logger;
  now(): Date;
  random(): number;
}

type Obstacle = Extract<Findings['applied'], { reason: string }>;
type Again = { requeueAfterMs: number } | undefined;

/** Looks at one App. Throws what another try may mend; everything else becomes a condition. */
export async function reconcileApp(appId: string, context: AppContext, signal: AbortSignal): Promise<Again> {
  const written = context.memory.get(appId)?.written?.report;
  const inCache = context.configMaps.get(SYSTEM_NAMESPACE, appConfigMapName(appId));
  const cached = inCache && freshest(inCache, written, context.now().getTime());
  const configMap = cached && (await whole(cached, context, signal));
  if (configMap === undefined) return await removeApp(appId, context, signal);
  const read = readAppState(configMap);
  if (!read.ok) {
    // There is no generation to report on, so the log has to do.
    context.log.error({ app: appId, reason: read.error.code }, read.error.message);
    return undefined;
  }
  const state = read.value;
  const previous = readAppReport(configMap);
  const report = previous.ok ? previous.value : undefined;
  const stray = await removeStray(appId, state, context, signal);
  const findings = await converge(state, configMap.data?.[APP_STATE_KEY] ?? '', report, context, signal);
  const next = deriveReport(state, findings, report, context.now());
  await writeReport(appId, configMap, next, context, signal);
  return again(state, next, findings, stray, context);
}

/** A ConfigMap whose data were left out of the cache because of their size is read again. */
async function whole(cached: ConfigMap, context: AppContext, signal: AbortSignal): Promise<ConfigMap | undefined> {
  if (cached.data?.[APP_STATE_KEY] !== undefined) return cached;
  const { namespace, name } = cached.metadata;
  return await context.client.find(ConfigMap, { namespace, name }, { signal });
}

async function converge(
  state: AppState,
  stateText: string,
  report: AppReport | undefined,
  context: AppContext,
  signal: AbortSignal,
): Promise<Findings> {
  const remembered = context.memory.get(state.id);
  const memory: AppMemory =
    remembered?.stateText === stateText ? remembered : { stateText, failed: remembered?.failed };
  const live = context.applications.get(state.namespace, state.name);
  const place = placeProblem(state, context);
  if (place) return { resolved: undefined, rendered: undefined, applied: place, vela: undefined, workloads: undefined };

  const settled = isVerified(memory, live);
  if (settled && memory.rendering && live) {
    const difference = differences(live, memory.rendering.outline.application, 'equal');
    if (isEqual(difference) && !isRetryDue(live, context))
      return await observe(state, memory, live, undefined, context, signal);
  }

  // The spec is not in the cache; one read serves both the taking over and the comparison.
  let whole: Promise<Application | undefined> | undefined;
  const readLive = () => {
    whole ??=
      live === undefined
        ? Promise.resolve(undefined)
        : context.client.find(Application, { namespace: state.namespace, name: state.name }, { signal });
    return whole;
  };
  const { desired, failed } = await desiredApplication(
    { state, report, live: readLive, failed: memory.failed, nowMs: context.now().getTime(), signal },
    context.resolver,
  );
  if (desired.kind === 'unresolved') {
    context.metrics.resolves.inc({ outcome: desired.error.code });
    context.memory.set(state.id, { ...memory, failed });
    const resolved = { kind: 'failed' as const, error: desired.error, againMs: desired.againMs };
    return await observe(
      state,
      { ...memory, rendering: undefined },
      live,
      { resolved, rendered: undefined },
      context,
      signal,
    );
  }
  const resolved: Findings['resolved'] =
    desired.resolved === undefined ? { kind: 'not-needed' } : { kind: 'pinned', pin: desired.resolved };
  if (desired.kind === 'refused') {
    context.memory.set(state.id, { ...memory, failed: undefined });
    return await observe(
      state,
      memory,
      live,
      { resolved, rendered: { kind: 'refused', problems: desired.problems } },
      context,
      signal,
    );
  }
  const { rendered } = desired;
  const outcome: Findings['rendered'] = { kind: 'ok', manifestHash: rendered.manifestHash, dropped: rendered.dropped };
  const applied = await apply(state, rendered, await readLive(), report, context, signal);
  if (applied.kind !== 'ok') {
    context.memory.set(state.id, { ...memory, failed: undefined });
    return { resolved, rendered: outcome, applied, vela: undefined, workloads: undefined };
  }
  const { application } = applied;
  const next: AppMemory = {
    ...memory,
    failed: undefined,
    rendering: { resolved, rendered: outcome, outline: outlineOf(rendered) },
    written: { ...memory.written, application: { object: application, at: context.now().getTime() } },
    verified: { uid: application.metadata.uid ?? '', generation: application.metadata.generation ?? 0 },
  };
  context.memory.set(state.id, next);
  return await observe(state, next, application, undefined, context, signal);
}

/** Why nothing may be done in the App's namespace yet. */
function placeProblem(state: AppState, context: AppContext): Obstacle | undefined {
  const namespace = context.namespaces.get(undefined, state.namespace);
  const labels = namespace?.metadata.labels ?? {};
  if (namespace === undefined) {
    return {
      kind: 'waiting',
      reason: 'NamespaceMissing',
      message: `The namespace ${state.namespace} is not there yet; the Manager makes it.`,
    };
  }
  if (labels[SANDBOX] === 'true') {
    return {
      kind: 'refused',
      reason: 'Sandbox',
      message: `${state.namespace} is a sandbox, into which nothing is ever deployed.`,
    };
  }
  if (labels[APP_ID] !== state.id) {
    return {
      kind: 'refused',
      reason: 'ForeignNamespace',
      message: `The namespace ${state.namespace} does not belong to this App.`,
    };
  }
  if (namespace.metadata.deletionTimestamp !== undefined) {
    return {
      kind: 'waiting',
      reason: 'NamespaceTerminating',
      message: `The namespace ${state.namespace} is being deleted; it has to be gone first.`,
    };
  }
  if (!context.servesApplications()) {
    return { kind: 'waiting', reason: 'VelaMissing', message: VELA_MISSING };
  }
  return undefined;
}

const VELA_MISSING = 'The cluster does not serve Applications of KubeVela; install KubeVela 1.10 or newer.';

function isVerified(memory: AppMemory, live: Application | undefined): boolean {
  return (
    live !== undefined &&
    live.metadata.deletionTimestamp === undefined &&
    memory.verified?.uid === live.metadata.uid &&
    memory.verified?.generation === live.metadata.generation
  );
}

/** KubeVela has given up this version; after a while it is published again, since what failed may have been mended. */
const RETRY_AFTER_GIVING_UP_MS = 180_000;

function isRetryDue(live: Application, context: AppContext): boolean {
  if (readVelaStatus(live).state !== 'gave-up') return false;
  const ended = Date.parse(live.status?.workflow?.endTime ?? '');
  return context.now().getTime() - ended > RETRY_AFTER_GIVING_UP_MS;
}

/** Applies what differs; answers the Application as it is now, or why it could not be applied. */
async function apply(
  state: AppState,
  rendered: NonNullable<AppMemory['rendering']>['outline'],
  live: Application | undefined,
  report: AppReport | undefined,
  context: AppContext,
  signal: AbortSignal,
): Promise<{ kind: 'ok'; application: Application } | Obstacle> {
  if (live?.metadata.deletionTimestamp !== undefined) {
    return {
      kind: 'waiting',
      reason: 'ApplicationTerminating',
      message: 'An Application of this name is being deleted; it has to be gone first.',
    };
  }
  const difference: Differences | undefined = live && differences(live, rendered.application, 'compare');
  const retry = live !== undefined && isRetryDue(live, context);
  if (live && difference && isEqual(difference) && !retry) return { kind: 'ok', application: applicationView(live) };
  const current = live?.metadata.annotations?.[VELA_PUBLISH_VERSION];
  const published = report?.revision === state.revision && report.manifestHash === rendered.manifestHash;
  const drifted = live !== undefined && published && !isPublishOf(current, rendered.publishVersion);
  const version = nextPublishVersion(rendered.publishVersion, current, retry || drifted, context.now().getTime());
  try {
    const applied = await retryForbidden(
      () => applyApplication(context.client, rendered.application, version, difference?.foreign ?? [], signal),
      signal,
    );
    context.metrics.writes.inc({ object: 'application' });
    context.log.info(
      {
        app: state.id,
        namespace: state.namespace,
        name: state.name,
        publishVersion: version,
        created: live === undefined,
      },
      'applied the Application',
    );
    return { kind: 'ok', application: applicationView(applied) };
  } catch (error) {
    const problem = applyProblem(error);
    if (problem === undefined) throw error;
    return problem;
  }
}

/** Failures that a person has to know of; undefined for those that the queue simply tries again. */
function applyProblem(error: unknown): Obstacle | undefined {
  if (!(error instanceof KubeError)) return undefined;
  const message = error.status?.message ?? error.message;
  switch (error.reason) {
    case 'Forbidden':
      return {
        kind: 'waiting',
        reason: 'Forbidden',
        message: `The Agent may not write Applications in this namespace yet; the Manager binds its role: ${message}`,
      };
    case 'NotFound':
      return {
        kind: 'waiting',
        reason: 'VelaMissing',
        message: VELA_MISSING,
      };
    case 'Invalid':
    case 'BadRequest':
    case 'TooLarge':
      return { kind: 'refused', reason: 'Refused', message: `The cluster refuses the Application: ${message}` };
    default:
      return undefined;
  }
}

/** Reads what became of the App, and puts the findings together. */
async function observe(
  state: AppState,
  memory: AppMemory,
  live: Application | undefined,
  unfinished: Pick<Findings, 'resolved' | 'rendered'> | undefined,
  context: AppContext,
  signal: AbortSignal,
): Promise<Findings> {
  const vela = live && readVelaStatus(live);
  const workloads =
    live && vela?.state !== 'pending' ? await observeWorkloads(context.client, state, live, vela, signal) : undefined;
  if (unfinished || memory.rendering === undefined) {
    const applied = { kind: 'waiting' as const, reason: 'NotRendered', message: '' };
    // An earlier revision may well run on; its workloads are shown, but they say nothing about this one.
    return { resolved: undefined, rendered: undefined, ...unfinished, applied, vela: undefined, workloads };
  }
  const reason = pokeReason(vela, workloads);
  if (live && reason !== undefined && isPokeDue(live, memory.unsettledSince, context.now().getTime())) {
    await poke(context.client, live, context.now().getTime(), signal);
    context.metrics.writes.inc({ object: 'application' });
    context.log.info({ app: state.id, namespace: state.namespace, reason }, 'asked KubeVela to look again');
  }
  const { resolved, rendered } = memory.rendering;
  return { resolved, rendered, applied: { kind: 'ok' }, vela, workloads };
}

async function writeReport(
  appId: string,
  configMap: ConfigMap,
  report: AppReport,
  context: AppContext,
  signal: AbortSignal,
): Promise<void> {
  if (configMap.data?.[APP_REPORT_KEY] === encodeAppReport(report)) return;
  const { namespace, name } = configMap.metadata;
  try {
    const object = await context.client.patch(ConfigMap, { namespace, name }, appReportPatch(report), {
      type: 'merge',
      fieldManager: AGENT_FIELD_MANAGER,
      signal,
    });
    context.metrics.writes.inc({ object: 'report' });
    const memory = context.memory.get(appId);
    const written = { ...memory?.written, report: { object: configMapView(object), at: context.now().getTime() } };
    context.memory.set(appId, { ...(memory ?? { stateText: '' }), written });
  } catch (error) {
    // The Manager has just deleted it; the informer tells.
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}

async function removeStray(appId: string, state: AppState, context: AppContext, signal: AbortSignal): Promise<boolean> {
  const stray = strayApplications(context.applications.list(), appId, state);
  if (stray.length === 0) return false;
  const removal = await removeApplications(context.client, stray, context.now().getTime(), signal);
  if (removal.deleted > 0)
    context.log.warn({ app: appId, count: removal.deleted }, 'deleted Applications that are not where the App belongs');
  return true;
}

/** The desired state is gone, so the Application has to go. */
async function removeApp(appId: string, context: AppContext, signal: AbortSignal): Promise<Again> {
  const stray = strayApplications(context.applications.list(), appId, undefined);
  context.memory.delete(appId);
  await context.resolver.forget(appId);
  if (stray.length === 0) return undefined;
  await context.configMaps.synced;
  if (!context.configMaps.healthy()) return { requeueAfterMs: 5_000 };
  if (!(await isStateGone(context.client, appId, signal))) return { requeueAfterMs: 500 };
  const removal = await removeApplications(context.client, stray, context.now().getTime(), signal);
  context.metrics.writes.inc({ object: 'application' }, removal.deleted);
  for (const { application, reason } of removal.waiting) {
    const { namespace, name, deletionTimestamp } = application.metadata;
    if (deletionTimestamp === undefined)
      context.log.info({ app: appId, namespace, name }, 'deleted the Application of an App that is gone');
    else context.log.debug({ app: appId, namespace, name, reason }, 'waits for an Application to go');
  }
  return { requeueAfterMs: 2_000 };
}

function again(state: AppState, report: AppReport, findings: Findings, stray: boolean, context: AppContext): Again {
  const now = context.now().getTime();
  const memory = context.memory.get(state.id);
  const settled = report.phase === 'Running';
  const unsettledSince = settled ? undefined : (memory?.unsettledSince ?? now);
  if (memory && memory.unsettledSince !== unsettledSince) context.memory.set(state.id, { ...memory, unsettledSince });
  const look = nextLookMs(report.phase, unsettledSince === undefined ? 0 : now - unsettledSince, context.random());
  const resolve = findings.resolved?.kind === 'failed' ? findings.resolved.againMs : undefined;
  // A failed resolving is tried when it is due; meanwhile there is nothing that looking more often would show.
  const base = findings.resolved?.kind === 'failed' ? Math.min(30_000, resolve ?? 30_000) : look;
  return { requeueAfterMs: stray ? Math.min(base, 2_000) : base };
}
