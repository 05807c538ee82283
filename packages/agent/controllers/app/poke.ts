/**
 * KubeVela looks at what it made only every few minutes, but at once when an annotation of the Application changes. So it
 * is poked when the Agent sees that it would find something: an object that is gone, a workload that has become ready, a
 * deletion that did not get on.
 */
import { POKED_AT } from '@kubenova/domain/labels.ts';
import { AGENT_FIELD_MANAGER } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import type { WorkloadFindings } from './report.ts';
import type { VelaVerdict } from './vela-status.ts';

const SOONEST_MS = 3_000;

/** Why KubeVela should look again, for the log; undefined when its view agrees with what was seen. */
export function pokeReason(vela: VelaVerdict | undefined, workloads: WorkloadFindings | undefined): string | undefined {
  if (vela?.state !== 'delivered' || workloads === undefined) return undefined;
  if (workloads.missing.length > 0) return `${workloads.missing.slice(0, 5).join(', ')} gone`;
  const isReady = workloads.condition.status === 'True';
  return isReady && vela.condition.status === 'False' ? 'ready, and KubeVela has not seen it' : undefined;
}

/** True when it is time for another poke; each waits for half as long as the trouble has lasted. */
export function isPokeDue(application: Application, unsettledSince: number | undefined, nowMs: number): boolean {
  const last = Date.parse(application.metadata.annotations?.[POKED_AT] ?? '') || 0;
  return nowMs - last > Math.max(SOONEST_MS, (nowMs - (unsettledSince ?? nowMs)) / 2);
}

/** @throws KubeError */
export async function poke(
  client: Pick<KubeClient, 'patch'>,
  application: Application,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace } = application.metadata;
  const patch = { metadata: { annotations: { [POKED_AT]: new Date(nowMs).toISOString() } } };
  await client.patch(Application, { name, namespace }, patch, {
    type: 'merge',
    fieldManager: AGENT_FIELD_MANAGER,
    signal,
  });
}
