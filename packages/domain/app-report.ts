/**
 * What the Agent says back about an App: JSON under `report.json` in the App's own ConfigMap. It holds no time but those
 * of its conditions, so that an unchanged world gives the same bytes and no write.
 */
import type { AppPhase, ComponentStatus, Condition } from '@kubenova/knapi/schemas.ts';
import { isRecord, type Manifest } from './manifest.ts';
import { failure, type Result, success } from './result.ts';

export { deriveAppStatus, initialAppStatus, type StoredAppStatus } from './app-status.ts';

/** The key of the report in the ConfigMap's data. */
export const APP_REPORT_KEY = 'report.json';

/** How many bytes a report may have beside the desired state in one ConfigMap. */
export const MAX_REPORT_BYTES = 150_000;

/** What a chart or a repository was pinned to. */
export interface Resolved {
  /** The exact version that a range led to. */
  version: string;
  /** `sha256:<64 hex digits>` of what was fetched. */
  digest: string;
}

/** The Agent's word on one App. */
export interface AppReport {
  /** The generation of the desired state that this report speaks of. */
  observedGeneration: number;
  revision: number;
  phase: AppPhase;
  healthy: boolean;
  resolved?: Resolved;
  /** SHA-256 in hex over the rendered Application, without what changes by itself. */
  manifestHash?: string;
  conditions: Condition[];
  components: ComponentStatus[];
}

/** Why a ConfigMap holds no report that can be read; `no-report` is what every new App begins with. */
export interface AppReportError {
  code: 'no-report' | 'not-json' | 'not-a-report';
  message: string;
}

/**
 * The merge patch that writes a report. It is a patch and not an apply, so that a ConfigMap which the Manager has just
 * deleted does not come back with nothing but a report in it.
 */
export function appReportPatch(report: AppReport): { data: Record<string, string> } {
  return { data: { [APP_REPORT_KEY]: encodeAppReport(report) } };
}

/** The JSON of a report, with its keys in one fixed order and its lists cut to what the ConfigMap can hold. */
export function encodeAppReport(report: AppReport): string {
  for (const perComponent of [200, 50, 10, 2, 0]) {
    const text = JSON.stringify(ordered(report, perComponent));
    if (Buffer.byteLength(text) <= MAX_REPORT_BYTES) return text;
  }
  return JSON.stringify({ ...ordered(report, 0), components: [] });
}

/** Reads the report out of an App's ConfigMap. */
export function readAppReport(configMap: Manifest): Result<AppReport, AppReportError> {
  const data = configMap.data;
  const text = isRecord(data) ? data[APP_REPORT_KEY] : undefined;
  if (typeof text !== 'string') {
    return failure({ code: 'no-report', message: 'The Agent has not reported on this App yet.' });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failure({ code: 'not-json', message: "The Agent's report is not JSON." });
  }
  if (!isReport(value)) {
    return failure({ code: 'not-a-report', message: "The Agent's report lacks a field; its version may differ." });
  }
  return success(value);
}

function ordered(report: AppReport, perComponent: number): AppReport {
  return {
    observedGeneration: report.observedGeneration,
    revision: report.revision,
    phase: report.phase,
    healthy: report.healthy,
    ...(report.resolved === undefined ? {} : { resolved: report.resolved }),
    ...(report.manifestHash === undefined ? {} : { manifestHash: report.manifestHash }),
    conditions: report.conditions,
    components: report.components.map((component) => cut(component, perComponent)),
  };
}

/** Pods that are not ready are what a person looks for, so they are kept before those that are. */
function cut(component: ComponentStatus, limit: number): ComponentStatus {
  const unreadyFirst = [...component.pods].sort((a, b) => Number(a.ready) - Number(b.ready));
  return {
    ...component,
    workloads: component.workloads.slice(0, limit),
    pods: component.pods.length <= limit ? component.pods : unreadyFirst.slice(0, limit),
    services: component.services.slice(0, limit),
    endpoints: component.endpoints.slice(0, limit),
  };
}

function isReport(value: unknown): value is AppReport {
  return (
    isRecord(value) &&
    typeof value.observedGeneration === 'number' &&
    typeof value.revision === 'number' &&
    typeof value.phase === 'string' &&
    typeof value.healthy === 'boolean' &&
    Array.isArray(value.conditions) &&
    value.conditions.every(isCondition) &&
    Array.isArray(value.components) &&
    (value.resolved === undefined || isRecord(value.resolved))
  );
}

function isCondition(value: unknown): value is Condition {
  return isRecord(value) && typeof value.type === 'string' && typeof value.status === 'string';
}
