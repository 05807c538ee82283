/**
 * `app:` — an App's namespace, the account as which KubeVela deploys into it, who may do what in it, and the desired
 * state that the Agent turns into a Vela Application. The order is that in which each part can work: without the
 * namespace there is no binding, and without its binding the Agent would only be refused.
 */
import { type AppNamespaceObjects, appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import { type AppReport, deriveAppStatus, readAppReport } from '@kubenova/domain/app-report.ts';
import { appStateConfigMap } from '@kubenova/domain/app-state.ts';
import { type ConditionInput, isTrue } from '@kubenova/domain/conditions.ts';
import { wasFurnished, withContents } from '@kubenova/domain/drift.ts';
import { DRIFT_FREE } from '@kubenova/domain/drift-report.ts';
import type { AppIdentity } from '@kubenova/domain/identity.ts';
import { APP_ID, appLabels, CAPSULE_TENANT } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { namespaceMetadata, tenancyOutcome } from '@kubenova/domain/tenancy.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { type AppRecord, loadApp, removeApp, saveAppStatus } from '../store/status/apps.ts';
import { deleteApp } from './app-deletion.ts';
import { applyWhereDifferent, observe, settleAll } from './apply.ts';
import { foreignAccess, settleBindings } from './bindings.ts';
import { type Findings, failWithReason, no, type ReconcileContext, unreachableRecheckMs, yes } from './context.ts';
import { keepKyvernoPolicy, removeKyvernoPolicy } from './kyverno.ts';
import { createMender, type Mender } from './mender.ts';
import { sameStatus } from './object-status.ts';
import { belongsToCapsuleTenant, foreignHolder } from './ownership.ts';
import type { RunResult } from './worker.ts';

interface AppFindings extends Findings {
  report?: AppReport;
}

export async function reconcileApp(context: ReconcileContext, id: string, signal: AbortSignal): Promise<RunResult> {
  const app = await loadApp(context.db, id);
  if (app === undefined) return 'gone';
  const deleting = app.deletingAt !== null;

  const visit = await context.clusters
    .visit(
      app.cluster,
      (kube): Promise<AppFindings | 'gone'> =>
        deleting
          ? deleteApp(kube, app, identityOf(app), context.now(), signal)
          : bringAbout(context, kube, app, signal),
    )
    .catch((error: unknown) =>
      failWithReason(context, app.cluster.id, error, (condition) => save(context, app, kept(app, condition))),
    );
  if (visit.kind === 'unreachable') {
    await save(context, app, kept(app, no('ClusterReachable', visit.reason, visit.message)));
    return { requeueAfterMs: unreachableRecheckMs() };
  }
  if (visit.value === 'gone') {
    await removeApp(context.db, id);
    return 'gone';
  }
  await save(context, app, visit.value);
  const { requeueAfterMs } = visit.value;
  return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
}

async function save(context: ReconcileContext, app: AppRecord, findings: AppFindings): Promise<void> {
  const status = deriveAppStatus({
    record: { generation: app.generation, revision: app.revision, deleting: app.deletingAt !== null },
    report: findings.report,
    manager: findings.conditions,
    previous: app.status,
    now: context.now(),
  });
  if (!sameStatus(status, app.status)) await saveAppStatus(context.db, app, status);
}

/** What was seen of the App before still stands; only the one condition is new. */
function kept(app: AppRecord, condition: ConditionInput): AppFindings {
  const own = ['ClusterReachable', 'NamespaceReady', 'AccessReady', 'DesiredStatePublished', 'Deleting', DRIFT_FREE];
  const before = app.status.conditions.filter(
    ({ type, status }) =>
      own.includes(type) && type !== condition.type && (type !== 'ClusterReachable' || status === 'True'),
  );
  return { conditions: [condition, ...before] };
}

async function bringAbout(
  context: ReconcileContext,
  kube: KubeClient,
  app: AppRecord,
  signal: AbortSignal,
): Promise<AppFindings> {
  const mender = createMender(context, kube, app.cluster.id, signal);
  return mender.told(await furnish(mender, kube, app, signal), app.status.conditions);
}

async function furnish(mender: Mender, kube: KubeClient, app: AppRecord, signal: AbortSignal): Promise<AppFindings> {
  const identity = identityOf(app);
  const tenancy = tenancyOutcome(app.tenancy);
  const objects = appNamespaceObjects(identity, namespaceMetadata(tenancy), app.cluster.auth);
  const furnished = withContents(objects.namespace, [objects.serviceAccount, ...objects.bindings]);
  const desiredState = appStateConfigMap({
    ...identity,
    generation: app.generation,
    revision: app.revision,
    spec: app.spec,
  });

  const [tenant, namespace, account, bindings, state] = await Promise.all([
    findTenant(kube, app.tenant.name, signal),
    kube.find(Namespace, { name: app.namespace }, { signal }),
    observe(kube, objects.serviceAccount, signal),
    kube.list(RoleBinding, { namespace: app.namespace, signal }),
    observe(kube, desiredState, signal),
  ]);
  const report = state === undefined ? undefined : readAppReport(state);
  const findings = (...conditions: Findings['conditions']): AppFindings => ({
    conditions: [yes('ClusterReachable', 'Answers', 'The cluster answers.'), ...conditions],
    report: report?.ok === true ? report.value : undefined,
  });

  const obstacle = namespaceObstacle(app, namespace, tenant);
  if (obstacle !== undefined) return { ...findings(obstacle.condition), requeueAfterMs: obstacle.requeueAfterMs };

  // Every write into a tenant's namespace passes half a dozen webhooks of Capsule. A new namespace is therefore furnished
  // before it is handed to the tenant, by the last of our writes to it; nobody is told of it before that.
  const wasReady = isTrue(app.status.conditions, 'AccessReady');
  await removeKyvernoPolicy(kube, namespace, tenancy.policies, signal);
  if (namespace === undefined) await mender.settle(undefined, withoutTenant(objects.namespace), wasReady);
  await grantAccess(mender, account, bindings.items, objects, wasReady && wasFurnished(namespace, furnished));
  const accessReady = access(bindings.items, objects);

  const refusal = await handToTenant(mender, kube, namespace, furnished, app, signal);
  if (refusal !== undefined) {
    return { ...findings(refusal.condition, accessReady), requeueAfterMs: refusal.requeueAfterMs };
  }
  const namespaceReady = yes('NamespaceReady', 'Ready', `The namespace ${app.namespace} is there.`);
  await keepKyvernoPolicy(kube, app.namespace, appLabels(identity), tenancy.policies, signal);

  const published = await publish(mender, state, desiredState, app);
  return {
    ...findings(namespaceReady, accessReady, published),
    ...(published.status === 'True' ? {} : { requeueAfterMs: 15_000 }),
  };
}

function withoutTenant(namespace: Manifest): Manifest {
  const { [CAPSULE_TENANT]: _, ...labels } = namespace.metadata.labels ?? {};
  return { ...namespace, metadata: { ...namespace.metadata, labels } };
}

async function grantAccess(
  mender: Mender,
  account: KubeObject | undefined,
  bindings: readonly RoleBinding[],
  objects: AppNamespaceObjects,
  wasThere: boolean,
): Promise<void> {
  await settleAll([
    mender.settle(account, objects.serviceAccount, wasThere),
    settleBindings(mender, bindings, objects.bindings, wasThere),
  ]);
}

function access(bindings: readonly RoleBinding[], objects: AppNamespaceObjects): ConditionInput {
  const message = 'The account of KubeVela and the bindings are there.';
  const others = foreignAccess(bindings, objects.bindings);
  return others === undefined
    ? yes('AccessReady', 'Bound', message)
    : yes('AccessReady', 'BoundByOthersToo', `${message} ${others}`);
}

async function publish(
  mender: Mender,
  observed: KubeObject | undefined,
  desired: Manifest,
  app: AppRecord,
): Promise<ConditionInput> {
  const type = 'DesiredStatePublished';
  try {
    await mender.settle(observed, desired, isTrue(app.status.conditions, type));
    return yes(type, 'Published', 'The Agent has been told.');
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Invalid', 'TooLarge')) throw error;
    const message =
      error.reason === 'NotFound'
        ? `The cluster lacks the namespace kubenova-system; see the conditions of the cluster ${app.cluster.name}.`
        : `The cluster refuses the App's desired state: ${error.message}`;
    return no(type, error.reason, message);
  }
}

interface Obstacle {
  condition: Findings['conditions'][number];
  requeueAfterMs: number;
}

/** What keeps us from touching the namespace at all. */
function namespaceObstacle(
  app: AppRecord,
  namespace: Namespace | undefined,
  tenant: Tenant | undefined,
): Obstacle | undefined {
  const obstacle = (reason: string, message: string, requeueAfterMs: number): Obstacle => ({
    condition: no('NamespaceReady', reason, message),
    requeueAfterMs,
  });
  if (namespace !== undefined) {
    const holder = foreignHolder(namespace, APP_ID, app.id);
    if (holder !== undefined) {
      return obstacle(
        'NamespaceTaken',
        `The namespace ${app.namespace} exists on ${app.cluster.name} and belongs to ${holder}. KubeNova does not touch it: remove it there, or delete this App and give it another name.`,
        30_000,
      );
    }
    if (namespace.metadata.deletionTimestamp !== undefined) {
      return obstacle(
        'Terminating',
        `The namespace ${app.namespace} is being deleted; it is made anew when it is gone.`,
        1_000,
      );
    }
  }
  if (tenant === undefined || tenant.metadata.deletionTimestamp !== undefined) {
    return obstacle(
      'TenantMissing',
      `The Capsule Tenant ${app.tenant.name} is not on ${app.cluster.name} yet; see the placement of the tenant.`,
      5_000,
    );
  }
  return undefined;
}

/** @returns what is wrong with the namespace; `undefined` when it is as it should be, in its tenant */
async function handToTenant(
  mender: Mender,
  kube: KubeClient,
  observed: Namespace | undefined,
  desired: Manifest,
  app: AppRecord,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  let namespace: KubeObject | undefined;
  try {
    // Capsule decides whose a namespace is when it is written; one that it has not taken in is written once more.
    namespace =
      observed !== undefined && belongsToCapsuleTenant(observed, app.tenant.name)
        ? await mender.settle(observed, desired, true)
        : await applyWhereDifferent(kube, undefined, desired, signal);
  } catch (error) {
    if (!isKubeError(error, 'Forbidden', 'Invalid', 'BadRequest')) throw error;
    const message = `${app.cluster.name} refuses the namespace ${app.namespace}: ${error.message}`;
    return { condition: no('NamespaceReady', 'Refused', message), requeueAfterMs: 15_000 };
  }
  if (namespace !== undefined && belongsToCapsuleTenant(namespace, app.tenant.name)) return undefined;
  const message = `Capsule has not taken the namespace ${app.namespace} into the tenant ${app.tenant.name}; see the condition CapsuleReady of the cluster ${app.cluster.name}.`;
  return { condition: no('NamespaceReady', 'NotInTenant', message), requeueAfterMs: 5_000 };
}

/** Without Capsule's definitions there is no Tenant either. */
function findTenant(kube: KubeClient, name: string, signal: AbortSignal): Promise<Tenant | undefined> {
  return kube.find(Tenant, { name }, { signal });
}

function identityOf(app: AppRecord): AppIdentity {
  const { id, name, namespace, tenant, project } = app;
  return { id, name, namespace, cluster: app.cluster.name, tenant, project };
}
