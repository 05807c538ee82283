/**
 * The heartbeat: what this Agent is and what the cluster offers, in the ConfigMap `kubenova-agent-status`, written only
 * when it changes. That the Agent lives is told by its Lease, whose renewals cost one small write every few seconds
 * anyway. A cluster without KubeVela is told, not failed on.
 */
import { baseLabels } from '@kubenova/domain/labels.ts';
import {
  AGENT_FIELD_MANAGER,
  AGENT_STATUS_CONFIG_MAP,
  SYSTEM_NAMESPACE,
  VELA_NAMESPACE,
} from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { type Controller, createController } from '@kubenova/kube/controller/controller.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import type { Logger } from '../../log.ts';
import type { AgentMetrics } from '../../metrics.ts';
import { logFailure, observeReconcile } from '../observation.ts';

export const AGENT_STATUS_KEY = 'status.json';

/** What the Manager reads of an Agent; the shape under `status.json`. */
export interface AgentStatus {
  readonly version: string;
  /** When this Agent began to lead, RFC 3339. */
  readonly started: string;
  readonly capabilities: {
    /** `v3.21.4`; null when the Agent has no helm, and so no charts. */
    readonly helm: string | null;
    readonly kubernetesVersion: string;
    /** Names of the definitions in vela-system; null when KubeVela's kinds are not served. */
    readonly velaDefinitions: { readonly components: string[]; readonly traits: string[] } | null;
    /** Kinds of App.source that this Agent can deploy here. */
    readonly sourceKinds: string[];
  };
}

export interface HeartbeatContext {
  readonly client: Pick<KubeClient, 'find' | 'apply' | 'request'>;
  readonly version: string;
  readonly started: Date;
  /** The version of the helm program, or undefined. */
  helmVersion(): Promise<string | undefined>;
  readonly metrics: AgentMetrics;
  readonly log: Logger;
}

const EVERY_MS = 60_000;
const KEY = 'status';

export function createHeartbeatController(context: HeartbeatContext): Controller {
  const controller = createController({
    name: 'heartbeat',
    concurrency: 1,
    reconcile: async (_key, signal) => {
      await writeStatus(context, await observeStatus(context, signal), signal);
      return { requeueAfterMs: EVERY_MS };
    },
    onError: logFailure(context.log, 'heartbeat'),
    metrics: observeReconcile(context.metrics),
  });
  controller.enqueue(KEY);
  return controller;
}

async function observeStatus(context: HeartbeatContext, signal: AbortSignal): Promise<AgentStatus> {
  const [helm, version, components, traits] = await Promise.all([
    context.helmVersion(),
    context.client.request('GET', '/version', { signal }),
    definitionNames(context.client, 'componentdefinitions', signal),
    definitionNames(context.client, 'traitdefinitions', signal),
  ]);
  const hasVela = components !== undefined && traits !== undefined;
  return {
    version: context.version,
    started: context.started.toISOString(),
    capabilities: {
      helm: helm ?? null,
      kubernetesVersion: (version as { gitVersion?: string }).gitVersion ?? '',
      velaDefinitions: hasVela ? { components, traits } : null,
      sourceKinds: ['containerImage', ...(helm === undefined ? [] : ['helmHttp']), 'kubeManifest'],
    },
  };
}

/** Only metadata are asked for: the CUE templates of all definitions are a quarter of a megabyte. */
async function definitionNames(
  client: HeartbeatContext['client'],
  plural: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  try {
    const list = (await client.request('GET', `/apis/core.oam.dev/v1beta1/namespaces/${VELA_NAMESPACE}/${plural}`, {
      headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
      signal,
    })) as { items?: { metadata: { name: string } }[] };
    return (list.items ?? []).map(({ metadata }) => metadata.name).sort();
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function writeStatus(context: HeartbeatContext, status: AgentStatus, signal: AbortSignal): Promise<void> {
  const ref = { namespace: SYSTEM_NAMESPACE, name: AGENT_STATUS_CONFIG_MAP };
  const text = JSON.stringify(status);
  const current = await context.client.find(ConfigMap, ref, { signal });
  if (current?.data?.[AGENT_STATUS_KEY] === text) return;
  const object: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...ref, labels: baseLabels() },
    data: { [AGENT_STATUS_KEY]: text },
  };
  await context.client.apply(ConfigMap, object, { fieldManager: AGENT_FIELD_MANAGER, force: true, signal });
  context.metrics.writes.inc({ object: 'status' });
}
