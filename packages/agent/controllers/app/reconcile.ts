/**
 * One look at one App, from top to bottom: desired state → resolve, render, apply, observe (converge.ts) → write the report.
 * Every step can be repeated; in a settled world none of them writes, and all that is read lies in the App's namespace.
 */
import {
  APP_REPORT_KEY,
  type AppReport,
  appReportPatch,
  encodeAppReport,
  readAppReport,
} from '@kubenova/domain/app-report.ts';
import { APP_STATE_KEY, type AppState, readAppState } from '@kubenova/domain/app-state.ts';
import { AGENT_FIELD_MANAGER, appConfigMapName, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { freshest } from './app-memory.ts';
import { nextLookMs } from './cadence.ts';
import { configMapView } from './config-map-view.ts';
import type { AppContext } from './context.ts';
import { converge } from './converge.ts';
import { removeApp, removeStray } from './removal.ts';
import { deriveReport, type Findings } from './report.ts';

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

/** Writes the report if it says something new. */
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

/** When to look again. */
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
