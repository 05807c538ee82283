/**
 * AgentReady: the Agent renews its Lease every few seconds, whatever else it does. The age of the last renewal is
 * taken by the Manager's clock, so the two have to agree to within half a minute.
 */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { isRecord } from '@kubenova/domain/manifest.ts';
import { AGENT_LEASE, AGENT_STATUS_CONFIG_MAP, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Lease } from '@kubenova/kube/kinds/coordination.ts';
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { no, yes } from '../reconcile/context.ts';

const TYPE = 'AgentReady';
const FRESH_MS = 40_000;

export async function probeAgent(kube: KubeClient, now: Date, signal: AbortSignal): Promise<ConditionInput> {
  const namespace = SYSTEM_NAMESPACE;
  const [lease, status] = await Promise.all([
    kube.find(Lease, { name: AGENT_LEASE, namespace }, { signal }),
    kube.find(ConfigMap, { name: AGENT_STATUS_CONFIG_MAP, namespace }, { signal }),
  ]);
  if (lease === undefined) {
    return no(
      TYPE,
      'NotInstalled',
      `No Agent has ever run on this cluster: there is no Lease ${namespace}/${AGENT_LEASE}. Install the Agent.`,
    );
  }
  const renewed = Date.parse(lease.spec?.renewTime ?? '');
  const holder = lease.spec?.holderIdentity ?? '';
  if (holder === '' || Number.isNaN(renewed)) {
    return no(TYPE, 'NotRunning', 'The Agent has given up its Lease and none has taken it over. Start the Agent.');
  }
  if (now.getTime() - renewed > FRESH_MS) {
    return no(
      TYPE,
      'NotRunning',
      `The Agent ${holder} has not renewed its Lease since ${new Date(renewed).toISOString()}. Look at its pod and log, and at the clocks of both machines.`,
    );
  }
  return yes(TYPE, 'Renewed', `The Agent ${versionOf(status)}is at work.`);
}

function versionOf(status: ConfigMap | undefined): string {
  try {
    const told: unknown = JSON.parse(status?.data?.['status.json'] ?? '{}');
    return isRecord(told) && typeof told.version === 'string' ? `${told.version} ` : '';
  } catch {
    return '';
  }
}
