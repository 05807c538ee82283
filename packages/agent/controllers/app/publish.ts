/** Brings the Application on the cluster to what was rendered, and tells failures that a person has to know of from others. */
import type { AppReport } from '@kubenova/domain/app-report.ts';
import type { AppState } from '@kubenova/domain/app-state.ts';
import { VELA_PUBLISH_VERSION } from '@kubenova/domain/labels.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import { applicationView } from './application-view.ts';
import { applyApplication, differences, isEqual, isPublishOf, nextPublishVersion } from './apply-application.ts';
import { type AppContext, type Obstacle, VELA_MISSING } from './context.ts';
import type { Rendered } from './desired-application.ts';
import { retryForbidden } from './retry-forbidden.ts';
import { readVelaStatus } from './vela-status.ts';

/** KubeVela has given up this version; after a while it is published again, since what failed may have been mended. */
const RETRY_AFTER_GIVING_UP_MS = 180_000;

export function isRetryDue(live: Application, context: AppContext): boolean {
  if (readVelaStatus(live).state !== 'gave-up') return false;
  const ended = Date.parse(live.status?.workflow?.endTime ?? '');
  return context.now().getTime() - ended > RETRY_AFTER_GIVING_UP_MS;
}

/** Applies what differs; answers the Application as it is now, or why it could not be applied. */
export async function publish(
  state: AppState,
  rendered: Rendered,
  live: Application | undefined,
  report: AppReport | undefined,
  context: AppContext,
  signal: AbortSignal,
): Promise<{ kind: 'ok'; application: Application } | Obstacle> {
  if (live?.metadata.deletionTimestamp !== undefined) {
    return {
      kind: 'waiting',
      reason: 'ApplicationTerminating',
      message: 'An Application of this name is being deleted; it has to be gone first.',
    };
  }
  const difference = live && differences(live, rendered.application, 'compare');
  const retry = live !== undefined && isRetryDue(live, context);
  if (live && difference && isEqual(difference) && !retry) return { kind: 'ok', application: applicationView(live) };
  const current = live?.metadata.annotations?.[VELA_PUBLISH_VERSION];
  const published = report?.revision === state.revision && report.manifestHash === rendered.manifestHash;
  const drifted = live !== undefined && published && !isPublishOf(current, rendered.publishVersion);
  const version = nextPublishVersion(rendered.publishVersion, current, retry || drifted, context.now().getTime());
  try {
    const applied = await retryForbidden(
      () => applyApplication(context.client, rendered.application, version, difference?.foreign ?? [], signal),
      signal,
    );
    context.metrics.writes.inc({ object: 'application' });
    context.log.info(
      {
        app: state.id,
        namespace: state.namespace,
        name: state.name,
        publishVersion: version,
        created: live === undefined,
      },
      'applied the Application',
    );
    return { kind: 'ok', application: applicationView(applied) };
  } catch (error) {
    const problem = applyProblem(error);
    if (problem === undefined) throw error;
    return problem;
  }
}

/** Failures that a person has to know of; undefined for those that the queue simply tries again. */
function applyProblem(error: unknown): Obstacle | undefined {
  if (!(error instanceof KubeError)) return undefined;
  const message = error.status?.message ?? error.message;
  switch (error.reason) {
    case 'Forbidden':
      return {
        kind: 'waiting',
        reason: 'Forbidden',
        message: `The Agent may not write Applications in this namespace yet; the Manager binds its role: ${message}`,
      };
    case 'NotFound':
      return VELA_MISSING;
    case 'Invalid':
    case 'BadRequest':
    case 'TooLarge':
      return { kind: 'refused', reason: 'Refused', message: `The cluster refuses the Application: ${message}` };
    default:
      return undefined;
  }
}
