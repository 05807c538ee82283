/**
 * How an App goes, in the one order that neither leaks nor sticks: first its desired state, so that the Agent removes
 * the Application; when the Application is gone, bindings and account; then the namespace. Without its binding KubeVela
 * could not delete what it made, and a namespace that goes with an Application in it leaves a ResourceTracker behind,
 * on which the next App of that name fails.
 *
 * Every run does the one step that is due and says what it waits for.
 */
import { AGENT_BINDING, appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import type { AppIdentity } from '@kubenova/domain/identity.ts';
import { APP_ID, MANAGED_SELECTOR } from '@kubenova/domain/labels.ts';
import { appConfigMapName, DEPLOYER, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { ConfigMap, Namespace, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import type { AppRecord } from '../store/status/apps.ts';
import { applyWhereDifferent, settleAll } from './apply.ts';
import { deletionRecheckMs, type Findings, no, yes } from './context.ts';
import { deleteNamespace } from './namespace-deletion.ts';
import { foreignHolder } from './ownership.ts';

export async function deleteApp(
  kube: KubeClient,
  app: AppRecord,
  identity: AppIdentity,
  now: Date,
  signal: AbortSignal,
): Promise<Findings | 'gone'> {
  const stateRef = { name: appConfigMapName(app.id), namespace: SYSTEM_NAMESPACE };
  const [state, found] = await Promise.all([
    kube.find(ConfigMap, stateRef, { signal }),
    kube.find(Namespace, { name: app.namespace }, { signal }),
  ]);
  const namespace = found !== undefined && foreignHolder(found, APP_ID, app.id) === undefined ? found : undefined;
  const waiting = (reason: string, message: string): Findings => ({
    conditions: [yes('ClusterReachable', 'Answers', 'The cluster answers.'), no('Deleting', reason, message)],
    requeueAfterMs: deletionRecheckMs(app.deletingAt ?? now, now),
  });

  if (state !== undefined) {
    await kube.delete(ConfigMap, stateRef, { uid: state.metadata.uid, signal });
    return waiting('RemovingApplication', 'The Agent is told to remove the Application.');
  }
  if (namespace === undefined) return 'gone';
  if (namespace.metadata.deletionTimestamp !== undefined) {
    return waiting('RemovingNamespace', (await deleteNamespace(kube, namespace, signal)).message);
  }

  const applications = await applicationsIn(kube, app.namespace, signal);
  if (applications.length > 0) return waiting('RemovingApplication', whyStillThere(applications));

  // An Agent that is still at work on the App could write the Application once more. It no longer can when its binding
  // is gone, so what is seen after that is final.
  const agentBinding = { name: AGENT_BINDING, namespace: app.namespace };
  await kube.delete(RoleBinding, agentBinding, { signal });
  const late = await applicationsIn(kube, app.namespace, signal);
  if (late.length > 0) {
    const binding = appNamespaceObjects(identity).bindings.find(({ metadata }) => metadata.name === AGENT_BINDING);
    if (binding !== undefined) await applyWhereDifferent(kube, undefined, binding, signal);
    return waiting('RemovingApplication', whyStillThere(late));
  }

  const bindings = await kube.list(RoleBinding, {
    namespace: app.namespace,
    labelSelector: MANAGED_SELECTOR,
    signal,
  });
  await settleAll([
    ...bindings.items.map((binding) => kube.delete(RoleBinding, binding.metadata, { signal })),
    kube.delete(ServiceAccount, { name: DEPLOYER, namespace: app.namespace }, { signal }),
  ]);
  const gone = await deleteNamespace(kube, namespace, signal);
  return waiting('RemovingNamespace', gone.message);
}

/** Where the definition is not installed there can be no Application. */
async function applicationsIn(kube: KubeClient, namespace: string, signal: AbortSignal): Promise<Application[]> {
  try {
    return (await kube.list(Application, { namespace, signal })).items;
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return [];
    throw error;
  }
}

function whyStillThere(applications: readonly Application[]): string {
  const told = applications.slice(0, 3).map((application) => {
    const { name, deletionTimestamp } = application.metadata;
    if (deletionTimestamp === undefined) return `Application ${name} waits for the Agent to delete it.`;
    const ready = application.status?.conditions?.find(({ type }) => type === 'Ready');
    const why = ready?.status === 'False' ? ready.message : undefined;
    return `Application ${name} waits for KubeVela to remove what it made${why === undefined ? '.' : `: ${why}`}`;
  });
  return told.join(' ');
}
