/**
 * What a sandbox holds beside its namespace and bindings: the quota that its project's rules ask for, and the word of
 * warning before its end, where people look who use kubectl. A tenant's people may edit neither: their role in a sandbox
 * has no write on quotas or events.
 */
import type { Quotas } from '@kubenova/knapi/schemas.ts';
import type { SandboxIdentity } from './identity.ts';
import { EXPIRES_AT, sandboxLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { MANAGER_FIELD_MANAGER } from './names.ts';

/** Beside Capsule's own `capsule-…` quotas, which limit the tenant as a whole. */
export const SANDBOX_QUOTA = 'kubenova-sandbox';
export const SANDBOX_EXPIRING_EVENT = 'kubenova-sandbox-expiring';

/** The quota of one sandbox; undefined where the rules limit nothing. */
export function sandboxQuota(sandbox: SandboxIdentity, hard: Quotas): Manifest | undefined {
  if (Object.keys(hard).length === 0) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: SANDBOX_QUOTA, namespace: sandbox.namespace, labels: sandboxLabels(sandbox) },
    spec: { hard: { ...hard } },
  };
}

/** Says on a namespace when it goes; nothing where it stays. */
export function expiryAnnotations(expiresAt: Date | null): Record<string, string> {
  return expiresAt === null ? {} : { [EXPIRES_AT]: expiresAt.toISOString() };
}

/** What people are told while a sandbox comes to its end. */
export function expiringMessage(sandbox: SandboxIdentity, expiresAt: Date): string {
  return `The sandbox ${sandbox.name} of project ${sandbox.project.name} is deleted with everything in it at ${expiresAt.toISOString()}. Give it a new ttlSeconds to keep it longer.`;
}

/**
 * The warning as a core/v1 Event about the namespace. `involvedObject.namespace` names the namespace that the event is
 * in, since Kubernetes takes events about objects without one in `default` only.
 */
export function expiringEvent(sandbox: SandboxIdentity, expiresAt: Date, now: Date): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: SANDBOX_EXPIRING_EVENT, namespace: sandbox.namespace, labels: sandboxLabels(sandbox) },
    involvedObject: { apiVersion: 'v1', kind: 'Namespace', name: sandbox.namespace, namespace: sandbox.namespace },
    type: 'Warning',
    reason: 'Expiring',
    message: expiringMessage(sandbox, expiresAt),
    source: { component: MANAGER_FIELD_MANAGER },
    reportingComponent: MANAGER_FIELD_MANAGER,
    firstTimestamp: inSeconds(now),
    lastTimestamp: inSeconds(now),
    count: 1,
  };
}

/** `metav1.Time` has no fractions. */
function inSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
