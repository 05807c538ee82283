/**
 * VelaReady: are KubeVela's kinds and the definitions that KubeNova renders to there, and is its controller alive?
 *
 * The controller has no endpoint that a cluster's client could ask: its leader election is off by default, its health
 * port is the pod's own, and outside the official chart there need not be a Deployment. What can be seen is its work.
 * So it counts as dead when its Deployment is there and has no available pod, or when an Application that the Agent
 * applied more than a minute ago was not looked at (`status.observedGeneration` behind). While nothing is deployed, a
 * dead controller cannot be told from an idle one, and the condition does not claim to.
 */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { VELA_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { Application, ComponentDefinition, TraitDefinition } from '@kubenova/kube/kinds/vela.ts';
import { no, yes } from '../reconcile/context.ts';
import type { WaitingApp } from '../store/status/clusters.ts';

const TYPE = 'VelaReady';
const COMPONENTS = ['webservice', 'worker', 'k8s-objects'];
const TRAITS = ['scaler', 'gateway'];
/** As the official chart names it. */
const DEPLOYMENT = 'kubevela-vela-core';

export async function probeVela(
  kube: KubeClient,
  waiting: readonly WaitingApp[],
  signal: AbortSignal,
): Promise<ConditionInput> {
  if (!(await servesApplications(kube, signal))) {
    return no(
      TYPE,
      'NotInstalled',
      'The cluster does not serve core.oam.dev/v1beta1 Applications. Install KubeVela 1.10.',
    );
  }
  const namespace = VELA_NAMESPACE;
  const [missing, deployment, applications] = await Promise.all([
    missingDefinitions(kube, signal),
    kube.find(Deployment, { name: DEPLOYMENT, namespace }, { signal }),
    Promise.all(waiting.map(({ name, namespace: at }) => kube.find(Application, { name, namespace: at }, { signal }))),
  ]);
  if (missing.length > 0) {
    return no(
      TYPE,
      'DefinitionsMissing',
      `${namespace} lacks ${missing.join(', ')}. Install KubeVela's own definitions of these.`,
    );
  }
  if (deployment !== undefined && (deployment.status?.availableReplicas ?? 0) < 1) {
    return no(
      TYPE,
      'NotRunning',
      `The Deployment ${namespace}/${DEPLOYMENT} has no available pod. Look at its pods and events.`,
    );
  }
  const unseen = applications.find((one) => one !== undefined && !wasLookedAt(one));
  if (unseen !== undefined) {
    const { namespace: at, name } = unseen.metadata;
    return no(
      TYPE,
      'NotObserving',
      `KubeVela has not looked at the Application ${at}/${name} for more than a minute. Is vela-core running, and may it read that namespace?`,
    );
  }
  return yes(TYPE, 'Serves', "KubeVela's kinds and definitions are there, and no Application waits to be looked at.");
}

/** The definitions that KubeNova renders to and that are not there, as `ComponentDefinition webservice`. */
export async function missingDefinitions(kube: KubeClient, signal: AbortSignal): Promise<string[]> {
  const namespace = VELA_NAMESPACE;
  const looks = [
    ...COMPONENTS.map((name) => ({ resource: ComponentDefinition, name })),
    ...TRAITS.map((name) => ({ resource: TraitDefinition, name })),
  ];
  const found = await Promise.all(
    looks.map(({ resource, name }) => kube.find(resource, { name, namespace }, { signal })),
  );
  return looks.filter((_, index) => found[index] === undefined).map(({ resource, name }) => `${resource.kind} ${name}`);
}

async function servesApplications(kube: KubeClient, signal: AbortSignal): Promise<boolean> {
  try {
    await kube.request('GET', '/apis/core.oam.dev/v1beta1/applications', { query: { limit: 1 }, signal });
    return true;
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return false;
    throw error;
  }
}

function wasLookedAt({ metadata, status }: Application): boolean {
  return status?.observedGeneration !== undefined && status.observedGeneration >= (metadata.generation ?? 0);
}
