/**
 * What one look at an App found, as the report for the Manager. Pure.
 *
 * The conditions come in the order in which an App comes up (Resolved, Rendered, Applied, VelaHealthy, WorkloadsReady);
 * the first that is not true says what is the matter, and Ready repeats it. A condition that could not be judged because
 * an earlier one failed is Unknown. Health is that of the workloads: KubeVela calls objects of a chart healthy the moment
 * they are applied.
 */
import type { AppReport, Resolved } from '@kubenova/domain/app-report.ts';
import type { AppState } from '@kubenova/domain/app-state.ts';
import { type ConditionInput, replaceConditions } from '@kubenova/domain/conditions.ts';
import type { AppPhase, ComponentStatus, ProblemError } from '@kubenova/knapi/schemas.ts';
import { excerpt, type ResolveError } from '../../resolve/error.ts';
import type { VelaVerdict } from './vela-status.ts';

export interface Findings {
  readonly resolved:
    | { readonly kind: 'not-needed' }
    | { readonly kind: 'pinned'; readonly pin: Resolved }
    | { readonly kind: 'failed'; readonly error: ResolveError; readonly againMs: number | undefined }
    | undefined;
  readonly rendered:
    | { readonly kind: 'ok'; readonly manifestHash: string; readonly dropped: readonly string[] }
    | { readonly kind: 'refused'; readonly problems: readonly ProblemError[] }
    | undefined;
  /** `waiting` comes right by itself or by the Manager; `refused` needs somebody. */
  readonly applied:
    | { readonly kind: 'ok' }
    | { readonly kind: 'waiting' | 'refused'; readonly reason: string; readonly message: string };
  readonly vela: VelaVerdict | undefined;
  /** Undefined when nothing of this App is there to be looked at. */
  readonly workloads: WorkloadFindings | undefined;
}

export interface WorkloadFindings {
  readonly condition: ConditionInput;
  readonly components: ComponentStatus[];
  /** True when something is wrong that waiting does not mend, such as an image that cannot be pulled. */
  readonly stuck: boolean;
  /** What KubeVela says it made and is not there, as `Kind name`. */
  readonly missing: readonly string[];
}

/** The report; times of conditions that did not change are those of `previous`. */
export function deriveReport(
  state: AppState,
  findings: Findings,
  previous: AppReport | undefined,
  now: Date,
): AppReport {
  const conditions = [
    resolvedCondition(findings),
    renderedCondition(findings),
    appliedCondition(findings),
    findings.vela?.condition ?? waiting('VelaHealthy', 'Applied'),
    findings.workloads?.condition ?? waiting('WorkloadsReady', 'VelaHealthy'),
  ];
  const phase = derivePhase(state, findings, previous);
  const pin = findings.resolved?.kind === 'pinned' ? findings.resolved.pin : undefined;
  const kept = previous?.revision === state.revision ? previous : undefined;
  const resolved = pin ?? kept?.resolved;
  const manifestHash = findings.rendered?.kind === 'ok' ? findings.rendered.manifestHash : kept?.manifestHash;
  return {
    observedGeneration: state.generation,
    revision: state.revision,
    phase,
    healthy: phase === 'Running',
    ...(resolved === undefined ? {} : { resolved }),
    ...(manifestHash === undefined ? {} : { manifestHash }),
    conditions: replaceConditions(previous?.conditions ?? [], [...conditions, readyCondition(phase, conditions)], now),
    components: findings.workloads?.components ?? [],
  };
}

function derivePhase(state: AppState, findings: Findings, previous: AppReport | undefined): AppPhase {
  const { resolved, rendered, applied, vela, workloads } = findings;
  if (resolved?.kind === 'failed') return resolved.error.retry === 'soon' ? 'Deploying' : 'Failed';
  if (rendered?.kind === 'refused' || applied.kind === 'refused') return 'Failed';
  if (applied.kind === 'waiting') return applied.reason === 'NamespaceMissing' ? 'Pending' : 'Deploying';
  if (vela?.state === 'gave-up' || vela?.state === 'rejected') return 'Failed';
  const delivered = vela?.state === 'delivered';
  if (delivered && vela.condition.status === 'True' && workloads?.condition.status === 'True') return 'Running';
  if (workloads?.stuck || vela?.state === 'failing') return 'Degraded';
  // What ran in this revision and no longer does is degraded; what has not come up yet is on its way.
  const ran = previous?.revision === state.revision && (previous.phase === 'Running' || previous.phase === 'Degraded');
  return ran && delivered ? 'Degraded' : 'Deploying';
}

function resolvedCondition({ resolved }: Findings): ConditionInput {
  const type = 'Resolved';
  switch (resolved?.kind) {
    case undefined:
      return { type, status: 'Unknown', reason: 'Waiting', message: 'The namespace comes first.' };
    case 'not-needed':
      return {
        type,
        status: 'True',
        reason: 'NotNeeded',
        message: 'Nothing has to be fetched for this kind of source.',
      };
    case 'pinned':
      return {
        type,
        status: 'True',
        reason: 'Pinned',
        message: `Pinned to ${resolved.pin.version}, ${resolved.pin.digest}.`,
      };
    case 'failed': {
      const again = resolved.againMs === undefined ? ' It is tried again with the next revision.' : '';
      return { type, status: 'False', reason: resolved.error.code, message: `${resolved.error.message}${again}` };
    }
  }
}

function renderedCondition({ rendered }: Findings): ConditionInput {
  const type = 'Rendered';
  switch (rendered?.kind) {
    case undefined:
      return waiting(type, 'Resolved');
    case 'ok': {
      const dropped =
        rendered.dropped.length === 0
          ? ''
          : ` Left out as tests of the chart: ${excerpt(rendered.dropped.join(', '), 300)}.`;
      return { type, status: 'True', reason: 'Rendered', message: `The Application is rendered.${dropped}` };
    }
    case 'refused': {
      const shown = rendered.problems.slice(0, 10).map(({ detail }) => detail);
      const more =
        rendered.problems.length > shown.length ? ` And ${rendered.problems.length - shown.length} more.` : '';
      return { type, status: 'False', reason: 'Refused', message: `${excerpt(shown.join(' '), 2_000)}${more}` };
    }
  }
}

function appliedCondition({ applied, rendered }: Findings): ConditionInput {
  const type = 'Applied';
  if (applied.kind === 'ok')
    return {
      type,
      status: 'True',
      reason: 'Applied',
      message: 'The Application on the cluster is the one that was rendered.',
    };
  if (applied.kind === 'waiting' && rendered?.kind !== 'ok' && applied.reason === 'NotRendered')
    return waiting(type, 'Rendered');
  return { type, status: 'False', reason: applied.reason, message: applied.message };
}

function waiting(type: string, earlier: string): ConditionInput {
  return { type, status: 'Unknown', reason: 'Waiting', message: `${earlier} comes first.` };
}

function readyCondition(phase: AppPhase, conditions: readonly ConditionInput[]): ConditionInput {
  if (phase === 'Running')
    return { type: 'Ready', status: 'True', reason: 'Running', message: 'The App runs as it was asked for.' };
  const first =
    conditions.find(({ status }) => status === 'False') ?? conditions.find(({ status }) => status === 'Unknown');
  return {
    type: 'Ready',
    status: 'False',
    reason: first?.reason ?? phase,
    message: first?.message ?? 'The App is on its way.',
  };
}
