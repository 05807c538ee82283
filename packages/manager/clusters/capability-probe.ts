/**
 * What is installed on a cluster and in which version, as far as the Manager's own identity may see: it reads
 * Deployments, definitions and policies, and no component's Secrets or pods' files. Part of the thorough look at a
 * cluster, some six small reads every ten minutes.
 */

import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import type { ClusterFacts } from '@kubenova/domain/cluster-capabilities.ts';
import { recordsAt, textAt } from '@kubenova/domain/dig.ts';
import { MANAGED_SELECTOR, POLICIES_VERSION } from '@kubenova/domain/labels.ts';
import { isRecord } from '@kubenova/domain/manifest.ts';
import { AGENT_STATUS_CONFIG_MAP, SYSTEM_NAMESPACE, VELA_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { CapsuleConfiguration } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { ValidatingAdmissionPolicy } from '@kubenova/kube/kinds/extension.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { missingDefinitions } from './vela-probe.ts';

const NAME = 'app.kubernetes.io/name';
const VERSION = 'app.kubernetes.io/version';
/** Where the official charts install to. Elsewhere a tenant might have put something that only bears their labels. */
const CAPSULE_NAMESPACE = 'capsule-system';
/** What the official charts call themselves. */
const CHARTS = { capsule: 'capsule', capsuleProxy: 'capsule-proxy', vela: 'vela-core' } as const;
const GATE = 'AuthenticateApplication';

export async function probeCapabilities(kube: KubeClient, signal: AbortSignal): Promise<ClusterFacts> {
  const deploymentsIn = (namespace: string) => listOrNone(() => kube.list(Deployment, { namespace, signal }));
  const [groups, capsules, velas, configurations, policies, agent, definitions] = await Promise.all([
    servedGroups(kube, signal),
    deploymentsIn(CAPSULE_NAMESPACE),
    deploymentsIn(VELA_NAMESPACE),
    listOrNone(() => kube.list(CapsuleConfiguration, { signal })),
    listOrNone(() => kube.list(ValidatingAdmissionPolicy, { labelSelector: MANAGED_SELECTOR, signal })),
    kube.find(ConfigMap, { name: AGENT_STATUS_CONFIG_MAP, namespace: SYSTEM_NAMESPACE }, { signal }),
    missingDefinitions(kube, signal),
  ]);
  const deploymentOf = (chart: string) =>
    [...capsules, ...velas].find(({ metadata }) => metadata.labels?.[NAME] === chart);
  const vela = deploymentOf(CHARTS.vela);
  return {
    versions: {
      capsule: versionOf(deploymentOf(CHARTS.capsule)) ?? versionOf(configurations[0]),
      capsuleProxy: versionOf(deploymentOf(CHARTS.capsuleProxy)),
      vela: versionOf(vela),
      agent: agentVersion(agent),
    },
    vela: { authentication: vela === undefined ? null : hasGate(vela), missingDefinitions: definitions },
    policies: {
      version: policies[0]?.metadata.annotations?.[POLICIES_VERSION] ?? null,
      missing: missingPolicies(policies),
    },
    kyvernoKinds: groups.has('kyverno.io') ? await kindsOf(kube, 'kyverno.io/v1', signal) : [],
    metrics:
      groups.has('metrics.k8s.io') && (await kindsOf(kube, 'metrics.k8s.io/v1beta1', signal)).includes('PodMetrics'),
  };
}

async function servedGroups(kube: KubeClient, signal: AbortSignal): Promise<Set<string>> {
  const answer = await kube.request('GET', '/apis', { signal });
  return new Set(recordsAt(answer, 'groups').map((group) => textAt(group, 'name')));
}

/** The kinds that a group version serves; none while the API server that it is delegated to does not answer. */
async function kindsOf(kube: KubeClient, groupVersion: string, signal: AbortSignal): Promise<string[]> {
  try {
    const resources = recordsAt(await kube.request('GET', `/apis/${groupVersion}`, { signal }), 'resources');
    const kinds = resources.filter((resource) => !textAt(resource, 'name').includes('/'));
    return [...new Set(kinds.map((resource) => textAt(resource, 'kind')))].sort();
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Forbidden', 'ServerError')) throw error;
    return [];
  }
}

async function listOrNone<T extends KubeObject>(list: () => Promise<{ items: T[] }>): Promise<T[]> {
  try {
    return (await list()).items;
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Forbidden')) throw error;
    return [];
  }
}

/** As the chart labels it, else as its image is tagged; a chart that was never released says `0.0.0`, which is none. */
function versionOf(object: KubeObject | undefined): string | null {
  const label = object?.metadata.labels?.[VERSION];
  if (label !== undefined && label !== '' && label !== '0.0.0') return label;
  const spec = isRecord(object?.spec) && isRecord(object.spec.template) ? object.spec.template.spec : undefined;
  const image = textAt(recordsAt(spec, 'containers')[0], 'image').split('@')[0] ?? '';
  return /:([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(image)?.[1] ?? null;
}

function hasGate(deployment: Deployment): boolean {
  const containers = recordsAt(deployment, 'spec', 'template', 'spec', 'containers');
  const words = containers.flatMap(({ command, args }) => [command, args].flat());
  const gates = words.flatMap((word, index) => {
    if (typeof word !== 'string') return [];
    if (word === '--feature-gates') return String(words[index + 1] ?? '').split(',');
    return word.startsWith('--feature-gates=') ? word.slice('--feature-gates='.length).split(',') : [];
  });
  return gates.includes(`${GATE}=true`);
}

function missingPolicies(present: readonly KubeObject[]): string[] {
  const names = new Set(present.map(({ metadata }) => metadata.name));
  return clusterBaseline()
    .filter(({ kind, metadata }) => kind === 'ValidatingAdmissionPolicy' && !names.has(metadata.name))
    .map(({ metadata }) => metadata.name);
}

function agentVersion(status: ConfigMap | undefined): string | null {
  try {
    const told: unknown = JSON.parse(status?.data?.['status.json'] ?? '{}');
    return isRecord(told) && typeof told.version === 'string' ? told.version : null;
  } catch {
    return null;
  }
}
