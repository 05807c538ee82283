/** `sandbox:` — a namespace that the tenant's people edit freely, the bindings that let them, and its end. */
import { isTrue } from '@kubenova/domain/conditions.ts';
import { wasFurnished, withContents } from '@kubenova/domain/drift.ts';
import type { SandboxIdentity } from '@kubenova/domain/identity.ts';
import { SANDBOX_ID, sandboxLabels } from '@kubenova/domain/labels.ts';
import { sandboxName } from '@kubenova/domain/names.ts';
import { sandboxNamespaceObjects } from '@kubenova/domain/sandbox-namespace.ts';
import { expiryAnnotations } from '@kubenova/domain/sandbox-objects.ts';
import { effectiveSandboxRules } from '@kubenova/domain/sandbox-rules.ts';
import { namespaceMetadata, tenancyOutcome } from '@kubenova/domain/tenancy.ts';
import type { NamespaceMetadata } from '@kubenova/domain/tenant-namespace.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { removeSandbox, type SandboxRecord, saveSandboxStatus } from '../store/status/sandboxes.ts';
import { applyWhereDifferent, settleAll } from './apply.ts';
import { foreignAccess, settleBindings } from './bindings.ts';
import { deletionRecheckMs, type Findings, no, type ReconcileContext, yes } from './context.ts';
import { keepKyvernoPolicy, removeKyvernoPolicy } from './kyverno.ts';
import { createMender, type Mender } from './mender.ts';
import { deleteNamespace } from './namespace-deletion.ts';
import { belongsToCapsuleTenant, foreignHolder } from './ownership.ts';
import { reconcileRecord } from './record.ts';
import { expiringConditions, loadLivingSandbox, untilNextStage, warnOnCluster } from './sandbox-life.ts';
import { settleQuota } from './sandbox-quota.ts';
import type { RunResult } from './worker.ts';

export async function reconcileSandbox(context: ReconcileContext, id: string, signal: AbortSignal): Promise<RunResult> {
  const startedAt = performance.now();
  const sandbox = await loadLivingSandbox(context.db, id);
  if (sandbox === undefined) return 'gone';
  const result = await reconcileRecord(context, sandbox, {
    standing: expiringConditions(sandbox, identityOf(sandbox)),
    bringAbout: async (kube) => {
      const mender = createMender(context, kube, sandbox.cluster.id, signal);
      const findings = mender.told(await bringAbout(mender, kube, sandbox, signal), sandbox.status.conditions);
      await warnOnCluster(kube, sandbox, identityOf(sandbox), context.now(), signal);
      return findings;
    },
    takeAway: (kube) => deleteSandbox(kube, sandbox, context.now(), signal),
    save: (status) => saveSandboxStatus(context.db, sandbox, status),
    remove: () => removeSandbox(context.db, id),
  });
  return untilNextStage(sandbox, result, performance.now() - startedAt);
}

async function bringAbout(
  mender: Mender,
  kube: KubeClient,
  sandbox: SandboxRecord,
  signal: AbortSignal,
): Promise<Findings> {
  const objects = sandboxNamespaceObjects(identityOf(sandbox), metadataOf(sandbox), sandbox.cluster.auth);
  const furnished = withContents(objects.namespace, objects.bindings);
  const tenantName = sandbox.tenant.name;
  const [tenant, namespace, bindings] = await Promise.all([
    kube.find(Tenant, { name: tenantName }, { signal }),
    kube.find(Namespace, { name: sandbox.namespace }, { signal }),
    kube.list(RoleBinding, { namespace: sandbox.namespace, signal }),
  ]);
  const reachable = yes('ClusterReachable', 'Answers', 'The cluster answers.');
  const obstacle = (reason: string, message: string, requeueAfterMs: number): Findings => ({
    conditions: [reachable, no('NamespaceReady', reason, message)],
    requeueAfterMs,
  });

  const holder = namespace === undefined ? undefined : foreignHolder(namespace, SANDBOX_ID, sandbox.id);
  if (holder !== undefined) {
    return obstacle(
      'NamespaceTaken',
      `The namespace ${sandbox.namespace} exists on ${sandbox.cluster.name} and belongs to ${holder}. KubeNova does not touch it: remove it there, or delete this sandbox and make another.`,
      30_000,
    );
  }
  if (namespace?.metadata.deletionTimestamp !== undefined) {
    return obstacle(
      'Terminating',
      `The namespace ${sandbox.namespace} is being deleted; it is made anew when it is gone.`,
      1_000,
    );
  }
  if (tenant === undefined || tenant.metadata.deletionTimestamp !== undefined) {
    return obstacle(
      'TenantMissing',
      `The Capsule Tenant ${tenantName} is not on ${sandbox.cluster.name} yet; see the placement of the tenant.`,
      5_000,
    );
  }

  // Capsule decides whose a namespace is when it is written; one that it has not taken in is written once more.
  const wasReady = isTrue(sandbox.status.conditions, 'AccessReady');
  const { policies } = tenancyOutcome(sandbox.tenancy);
  await removeKyvernoPolicy(kube, namespace, policies, signal);
  try {
    const applied =
      namespace === undefined || belongsToCapsuleTenant(namespace, tenantName)
        ? await mender.settle(namespace, furnished, wasReady)
        : await applyWhereDifferent(kube, undefined, furnished, signal);
    if (applied === undefined || !belongsToCapsuleTenant(applied, tenantName)) {
      const message = `Capsule has not taken the namespace ${sandbox.namespace} into the tenant ${tenantName}; see the condition CapsuleReady of the cluster ${sandbox.cluster.name}.`;
      return obstacle('NotInTenant', message, 5_000);
    }
  } catch (error) {
    if (!isKubeError(error, 'Forbidden', 'Invalid', 'BadRequest')) throw error;
    return obstacle(
      'Refused',
      `${sandbox.cluster.name} refuses the namespace ${sandbox.namespace}: ${error.message}`,
      15_000,
    );
  }

  // Before the bindings, so that nobody is ever in a sandbox that is not limited yet.
  await keepKyvernoPolicy(kube, sandbox.namespace, sandboxLabels(identityOf(sandbox)), policies, signal);
  const { quotas } = effectiveSandboxRules({ plan: sandbox.tenancy.plan?.sandboxes, project: sandbox.rules });
  const limited = await settleQuota(kube, identityOf(sandbox), quotas, signal);

  await settleBindings(mender, bindings.items, objects.bindings, wasReady && wasFurnished(namespace, furnished));
  const others = foreignAccess(bindings.items, objects.bindings);
  return {
    conditions: [
      reachable,
      yes('NamespaceReady', 'Ready', `The namespace ${sandbox.namespace} is there.`),
      ...limited,
      others === undefined
        ? yes('AccessReady', 'Bound', "The tenant's people may use it.")
        : yes('AccessReady', 'BoundByOthersToo', `The tenant's people may use it. ${others}`),
    ],
  };
}

/** People lose their way in first, so that nobody adds to what is going. */
async function deleteSandbox(
  kube: KubeClient,
  sandbox: SandboxRecord,
  now: Date,
  signal: AbortSignal,
): Promise<Findings | 'gone'> {
  const namespace = await kube.find(Namespace, { name: sandbox.namespace }, { signal });
  if (namespace === undefined || foreignHolder(namespace, SANDBOX_ID, sandbox.id) !== undefined) return 'gone';
  if (namespace.metadata.deletionTimestamp === undefined) {
    const { bindings } = sandboxNamespaceObjects(identityOf(sandbox));
    await settleAll(
      bindings.map(({ metadata }) =>
        kube.delete(RoleBinding, { name: metadata.name, namespace: sandbox.namespace }, { signal }),
      ),
    );
  }
  const { message } = await deleteNamespace(kube, namespace, signal);
  return {
    conditions: [
      yes('ClusterReachable', 'Answers', 'The cluster answers.'),
      no('Deleting', 'RemovingNamespace', message),
    ],
    requeueAfterMs: deletionRecheckMs(sandbox.deletingAt ?? now, now),
  };
}

/** What the tenant's settings and policies put on its namespaces, and when this one goes. */
function metadataOf({ tenancy, expiresAt }: SandboxRecord): NamespaceMetadata {
  const { labels, annotations } = namespaceMetadata(tenancyOutcome(tenancy));
  return { labels, annotations: { ...annotations, ...expiryAnnotations(expiresAt) } };
}

function identityOf(sandbox: SandboxRecord): SandboxIdentity {
  const { id, number, namespace, cluster, tenant, project } = sandbox;
  return { id, name: sandboxName(number), namespace, cluster: cluster.name, tenant, project };
}
