/**
 * What the Agent says back about a Capsule Tenant: that it has put it back, why and when. It stands under `report.json` in
 * the tenant's own ConfigMap, as an App's report does in that App's, and is written by merge patch for the same reason: a
 * ConfigMap that the Manager has just deleted must not come back with nothing but a report in it.
 */
import { isRecord, type Manifest } from './manifest.ts';

/** The key of the report in the ConfigMap's data. */
export const TENANT_REPORT_KEY = 'report.json';

/** @param message as of `repairMessage`, which begins with its time */
export function tenantReportPatch(message: string): { data: Record<string, string> } {
  return { data: { [TENANT_REPORT_KEY]: JSON.stringify({ repaired: message }) } };
}

/** The message about the last repair; undefined where there was none, or none that can be read. */
export function readTenantReport(configMap: object): string | undefined {
  const { data } = configMap as Manifest;
  const text = isRecord(data) ? data[TENANT_REPORT_KEY] : undefined;
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && typeof value.repaired === 'string' ? value.repaired.slice(0, 2_000) : undefined;
  } catch {
    return undefined;
  }
}
