/**
 * The part of a look at an App that acts: resolve and render, apply what differs, then see what became of it.
 *
 * For a settled App none of the first steps is taken: its rendering is remembered, and the Application's uid and generation
 * tell whether anybody has touched the spec since it was last compared.
 */
import type { AppReport } from '@kubenova/domain/app-report.ts';
import type { AppState } from '@kubenova/domain/app-state.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { type AppMemory, freshest, outlineOf } from './app-memory.ts';
import { differences, isEqual } from './apply-application.ts';
import { type AppContext, VELA_MISSING } from './context.ts';
import { type Desired, desiredApplication } from './desired-application.ts';
import { placeProblem } from './place.ts';
import { isPokeDue, poke, pokeReason } from './poke.ts';
import { isRetryDue, publish } from './publish.ts';
import type { Findings } from './report.ts';
import { readVelaStatus } from './vela-status.ts';
import { observeWorkloads } from './workloads.ts';

/**
 * Does what is missing for one App, and says what it found.
 *
 * @param stateText the desired state as it is stored; what is remembered belongs to it
 * @throws KubeError for what another try may mend
 */
export async function converge(
  state: AppState,
  stateText: string,
  report: AppReport | undefined,
  context: AppContext,
  signal: AbortSignal,
): Promise<Findings> {
  const obstacle = placeProblem(state, context.namespaces.get(undefined, state.namespace));
  const missing = context.servesApplications() ? undefined : VELA_MISSING;
  const applied = obstacle ?? missing;
  if (applied) return { resolved: undefined, rendered: undefined, applied, vela: undefined, workloads: undefined };

  const nowMs = context.now().getTime();
  const remembered = context.memory.get(state.id);
  const { failed, written } = remembered ?? {};
  const memory: AppMemory = remembered?.stateText === stateText ? remembered : { stateText, failed, written };
  const cached = context.applications.get(state.namespace, state.name);
  const live = freshest(cached, memory.written?.application, nowMs);
  if (live && isSettled(memory, live) && !isRetryDue(live, context)) {
    return await observe(state, memory, live, undefined, context, signal);
  }

  // The spec is not in the cache; one read serves both the taking over and the comparison.
  let reading: Promise<Application | undefined> | undefined;
  const readLive = () => {
    const ref = { namespace: state.namespace, name: state.name };
    reading ??= live === undefined ? Promise.resolve(undefined) : context.client.find(Application, ref, { signal });
    return reading;
  };
  const outcome = await desiredApplication(
    { state, report, live: readLive, failed: memory.failed, nowMs, signal },
    context.resolver,
  );
  const current = { ...memory, failed: outcome.failed };
  context.memory.set(state.id, current);
  const found = findingsOf(outcome.desired);
  if (outcome.desired.kind !== 'rendered') {
    if (outcome.desired.kind === 'unresolved') context.metrics.resolves.inc({ outcome: outcome.desired.error.code });
    return await observe(state, { ...current, rendering: undefined }, live, found, context, signal);
  }
  const { rendered } = outcome.desired;
  const result = await publish(state, rendered, await readLive(), report, context, signal);
  if (result.kind !== 'ok') return { ...found, applied: result, vela: undefined, workloads: undefined };
  const { uid = '', generation = 0 } = result.application.metadata;
  const next: AppMemory = {
    ...current,
    rendering: { ...found, outline: outlineOf(rendered) },
    verified: { uid, generation },
    written: { ...current.written, application: { object: result.application, at: context.now().getTime() } },
  };
  context.memory.set(state.id, next);
  return await observe(state, next, result.application, undefined, context, signal);
}

/** True when the live Application is known to be the one that was rendered. */
function isSettled({ verified, rendering }: AppMemory, live: Application): boolean {
  const { uid, generation, deletionTimestamp } = live.metadata;
  if (rendering === undefined || deletionTimestamp !== undefined) return false;
  if (verified?.uid !== uid || verified?.generation !== generation) return false;
  return isEqual(differences(live, rendering.outline.application, 'equal'));
}

function findingsOf(desired: Desired): Pick<Findings, 'resolved' | 'rendered'> {
  if (desired.kind === 'unresolved') {
    return { resolved: { kind: 'failed', error: desired.error, againMs: desired.againMs }, rendered: undefined };
  }
  const pin = desired.resolved;
  const resolved: Findings['resolved'] = pin === undefined ? { kind: 'not-needed' } : { kind: 'pinned', pin };
  if (desired.kind === 'refused') return { resolved, rendered: { kind: 'refused', problems: desired.problems } };
  const { manifestHash, dropped } = desired.rendered;
  return { resolved, rendered: { kind: 'ok', manifestHash, dropped } };
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
