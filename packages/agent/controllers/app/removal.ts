/** The end of an App, and of Applications that are not where their App belongs. */
import type { AppState } from '@kubenova/domain/app-state.ts';
import type { AppContext } from './context.ts';
import { isStateGone, removeApplications, strayApplications } from './orphans.ts';

/**
 * Removes Applications of an App that are in another place than its state says.
 *
 * @returns whether there are any
 */
export async function removeStray(
  appId: string,
  state: AppState,
  context: AppContext,
  signal: AbortSignal,
): Promise<boolean> {
  const stray = strayApplications(context.applications.list(), appId, state);
  if (stray.length === 0) return false;
  const removal = await removeApplications(context.client, stray, context.now().getTime(), signal);
  if (removal.deleted > 0)
    context.log.warn({ app: appId, count: removal.deleted }, 'deleted Applications that are not where the App belongs');
  return true;
}

/** The desired state is gone, so the Application has to go; answers when to look whether it has. */
export async function removeApp(
  appId: string,
  context: AppContext,
  signal: AbortSignal,
): Promise<{ requeueAfterMs: number } | undefined> {
  const stray = strayApplications(context.applications.list(), appId, undefined);
  context.memory.delete(appId);
  await context.resolver.forget(appId);
  if (stray.length === 0) return undefined;
  await context.configMaps.synced;
  if (!context.configMaps.healthy()) return { requeueAfterMs: 5_000 };
  if (!(await isStateGone(context.client, appId, signal))) return { requeueAfterMs: 500 };
  const removal = await removeApplications(context.client, stray, context.now().getTime(), signal);
  context.metrics.writes.inc({ object: 'application' }, removal.deleted);
  for (const { application, reason } of removal.waiting) {
    const { namespace, name, deletionTimestamp } = application.metadata;
    if (deletionTimestamp === undefined)
      context.log.info({ app: appId, namespace, name }, 'deleted the Application of an App that is gone');
    else context.log.debug({ app: appId, namespace, name, reason }, 'waits for an Application to go');
  }
  return { requeueAfterMs: 2_000 };
}
