/**
 * The quota of a sandbox: made, kept and taken away as its project's rules and its tenant's plan say. It is known by its
 * name, which no other quota may have in a namespace of ours.
 */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import type { SandboxIdentity } from '@kubenova/domain/identity.ts';
import { SANDBOX_QUOTA, sandboxQuota } from '@kubenova/domain/sandbox-objects.ts';
import type { Quotas } from '@kubenova/knapi/schemas.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { applyWhereDifferent } from './apply.ts';
import { no, yes } from './context.ts';

const TYPE = 'QuotaReady';

/** @returns nothing where there is nothing to limit and nothing was limited */
export async function settleQuota(
  kube: KubeClient,
  sandbox: SandboxIdentity,
  hard: Quotas,
  signal: AbortSignal,
): Promise<ConditionInput[]> {
  const ref = { name: SANDBOX_QUOTA, namespace: sandbox.namespace };
  const observed = await kube.find(ResourceQuota, ref, { signal });
  const desired = sandboxQuota(sandbox, hard);
  try {
    if (desired === undefined) {
      if (observed !== undefined) await kube.delete(ResourceQuota, ref, { uid: observed.metadata.uid, signal });
      return [];
    }
    await applyWhereDifferent(kube, observed, desired, signal);
  } catch (error) {
    if (!isKubeError(error, 'Forbidden', 'Invalid', 'BadRequest')) throw error;
    const advice =
      error.reason === 'Forbidden'
        ? "PATCH the cluster with an administrator's kubeconfig, which installs KubeNova's roles anew."
        : "Correct the quotas in the project's or the plan's rules for sandboxes.";
    return [no(TYPE, error.reason, `The cluster refuses the quota ${SANDBOX_QUOTA}: ${error.message} ${advice}`)];
  }
  return [yes(TYPE, 'Limited', `The quota ${SANDBOX_QUOTA} limits the sandbox.`)];
}
