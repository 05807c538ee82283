/**
 * Applications that no ConfigMap asks for.
 *
 * Deleting what runs is the one thing that cannot be undone, so it needs more than a gap in a cache: the cache of
 * ConfigMaps has to be filled and current, and a live read has to say that the ConfigMap is not there. Only what says
 * of itself that KubeNova made it is touched. Deletion is followed to its end, since KubeVela has to take away the
 * workloads first and can get stuck on it.
 */
import type { AppState } from '@kubenova/domain/app-state.ts';
import { APP_ID, MANAGED_BY, MANAGED_BY_KUBENOVA, POKED_AT } from '@kubenova/domain/labels.ts';
import { appConfigMapName, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { poke } from './poke.ts';

/** KubeVela retries a failed deletion only every few minutes, unless the Application changes. */
const POKE_MS = 20_000;

export interface Removal {
  /** What is still there, with what KubeVela says it waits for. */
  readonly waiting: { readonly application: Application; readonly reason: string }[];
  readonly deleted: number;
}

/** The Applications of an App that are not the one which its state asks for. */
export function strayApplications(
  applications: readonly Application[],
  appId: string,
  state: AppState | undefined,
): Application[] {
  return applications.filter(({ metadata: { labels, name, namespace } }) => {
    if (labels?.[MANAGED_BY] !== MANAGED_BY_KUBENOVA || labels[APP_ID] !== appId) return false;
    return state === undefined || name !== state.name || namespace !== state.namespace;
  });
}

/**
 * Asks the API server itself whether an App's desired state is gone.
 *
 * @throws KubeError
 */
export async function isStateGone(
  client: Pick<KubeClient, 'find'>,
  appId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const ref = { namespace: SYSTEM_NAMESPACE, name: appConfigMapName(appId) };
  return (await client.find(ConfigMap, ref, { signal })) === undefined;
}

/**
 * Deletes the Applications given, each only if it is still the same one.
 *
 * @throws KubeError
 */
export async function removeApplications(
  client: Pick<KubeClient, 'delete' | 'patch'>,
  applications: readonly Application[],
  nowMs: number,
  signal: AbortSignal,
): Promise<Removal> {
  const waiting: Removal['waiting'] = [];
  let deleted = 0;
  for (const application of applications) {
    const { name, namespace, uid, deletionTimestamp } = application.metadata;
    if (deletionTimestamp === undefined) {
      await client.delete(Application, { name, namespace }, { uid, signal });
      deleted += 1;
      waiting.push({ application, reason: 'KubeVela takes away what it made.' });
      continue;
    }
    const ready = application.status?.conditions?.find(({ type }) => type === 'Ready');
    waiting.push({
      application,
      reason: ready?.status === 'False' && ready.message ? ready.message : 'KubeVela takes away what it made.',
    });
    if (isDueForPoke(application, nowMs)) await poke(client, application, nowMs, signal);
  }
  return { waiting, deleted };
}

function isDueForPoke(application: Application, nowMs: number): boolean {
  const { deletionTimestamp, annotations } = application.metadata;
  const last = Math.max(Date.parse(deletionTimestamp ?? ''), Date.parse(annotations?.[POKED_AT] ?? '') || 0);
  return nowMs - last > POKE_MS;
}
