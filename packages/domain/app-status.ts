/**
 * An App's status as the Manager keeps it: its own conditions (is the namespace there, may people read it, has the Agent
 * been told) merged with the Agent's report into one phase.
 */
import type { AppPhase, ComponentStatus, Condition } from '@kubenova/knapi/schemas.ts';
import type { AppReport, Resolved } from './app-report.ts';
import { type ConditionInput, replaceConditions } from './conditions.ts';

/** The Agent's conditions of an App, in the order in which they come true. */
const AGENT_APP_CONDITIONS = ['Resolved', 'Rendered', 'Applied', 'VelaHealthy', 'WorkloadsReady'] as const;

/** What the Manager keeps in `apps.status`. */
export interface StoredAppStatus {
  observedGeneration: number;
  phase: AppPhase;
  conditions: Condition[];
  healthy?: boolean;
  /** The revision that the Agent last reported on. */
  revision?: number;
  resolved?: Resolved;
  components?: ComponentStatus[];
}

/** What an App's status is derived from. */
export interface AppStatusInput {
  record: {
    generation: number;
    revision: number;
    deleting: boolean;
  };
  /** The Agent's last report; absent before the first, or while the cluster cannot be read. */
  report?: AppReport | undefined;
  /** What the Manager saw itself, such as `NamespaceReady`; while deleting, `Deleting` with what it waits for. */
  manager: readonly ConditionInput[];
  previous: StoredAppStatus;
  now: Date;
}

/** The status of an App whose create has just been accepted. */
export function initialAppStatus(): StoredAppStatus {
  return { observedGeneration: 0, phase: 'Pending', conditions: [] };
}

/**
 * The one status out of what Manager and Agent saw. `observedGeneration` is the Agent's, so `observedGeneration ==
 * generation` means that the Agent has acted on what was last asked for. `Ready` is true only when both agree.
 */
export function deriveAppStatus(input: AppStatusInput): StoredAppStatus {
  const { record, manager, previous, now } = input;
  const report = input.report ?? rememberedReport(previous);
  const obstacle = manager.find((condition) => condition.status !== 'True' && condition.type !== 'Deleting');
  const phase = derivePhase(record, report, obstacle);
  const agent: ConditionInput[] = (report?.conditions ?? []).filter((condition) => condition.type !== 'Ready');
  const own = new Set(manager.map((condition) => condition.type));
  const inputs = [...manager, ...agent.filter((condition) => !own.has(condition.type))];
  const conditions = replaceConditions(previous.conditions, [...inputs, readyCondition(phase, inputs)], now);
  const current = report !== undefined && report.observedGeneration >= record.generation;
  return {
    observedGeneration: report?.observedGeneration ?? previous.observedGeneration,
    phase,
    conditions,
    healthy: phase === 'Running' && current && (report?.healthy ?? false),
    ...(report === undefined ? {} : { revision: report.revision, components: report.components }),
    ...(report?.resolved === undefined ? {} : { resolved: report.resolved }),
  };
}

function derivePhase(
  record: AppStatusInput['record'],
  report: AppReport | undefined,
  obstacle: ConditionInput | undefined,
): AppPhase {
  if (record.deleting) return 'Deleting';
  if (report === undefined) return 'Pending';
  if (report.observedGeneration < record.generation) return 'Deploying';
  // The workloads may well run on while the Manager cannot do its part; the App is then not as it should be.
  if (obstacle !== undefined && report.phase === 'Running') return 'Degraded';
  return report.phase;
}

function readyCondition(phase: AppPhase, inputs: readonly ConditionInput[]): ConditionInput {
  if (phase === 'Running') {
    return { type: 'Ready', status: 'True', reason: 'Running', message: 'The App runs as it was asked for.' };
  }
  if (phase === 'Suspended') {
    return { type: 'Ready', status: 'False', reason: 'Suspended', message: 'The App is suspended.' };
  }
  const blocking =
    phase === 'Deleting'
      ? inputs.find((condition) => condition.type === 'Deleting')
      : (inputs.find((condition) => condition.status === 'False') ??
        inputs.find((condition) => condition.status === 'Unknown'));
  return {
    type: 'Ready',
    status: 'False',
    reason: blocking?.reason ?? phase,
    message: blocking?.message ?? 'The Agent has not reported on this generation yet.',
  };
}

/** While a cluster cannot be read, what the Agent last said still stands, and its own conditions with it. */
function rememberedReport(previous: StoredAppStatus): AppReport | undefined {
  if (previous.revision === undefined) return undefined;
  const agentTypes: readonly string[] = AGENT_APP_CONDITIONS;
  const conditions = previous.conditions.filter((condition) => agentTypes.includes(condition.type));
  return {
    observedGeneration: previous.observedGeneration,
    revision: previous.revision,
    phase: previous.phase === 'Deleting' ? 'Deploying' : previous.phase,
    healthy: previous.healthy ?? false,
    ...(previous.resolved === undefined ? {} : { resolved: previous.resolved }),
    conditions,
    components: previous.components ?? [],
  };
}
