/**
 * The Application that an App asks for: resolve, then render.
 *
 * Resolving is work (a network, a subprocess), so its result is kept by revision in `memory`, failures included; and a
 * revision that is deployed already is taken over from the live Application instead, after a restart of the Agent for
 * one. That is more than thrift: charts may draw passwords at random, and a revision must stay the deployment it is.
 * What is taken over passes the same rendering and guard, and must come out with the hash that was reported.
 */
import type { AppReport, Resolved } from '@kubenova/domain/app-report.ts';
import type { AppState } from '@kubenova/domain/app-state.ts';
import { isRecord } from '@kubenova/domain/manifest.ts';
import { type RenderResult, type ResolvedObjects, renderApplication } from '@kubenova/domain/render/application.ts';
import type { ProblemError } from '@kubenova/knapi/schemas.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import { ResolveError } from '../../resolve/error.ts';
import type { SourceResolver } from '../../resolve/resolve-source.ts';
import { nextResolveMs } from './cadence.ts';

export type Rendered = Extract<RenderResult, { ok: true }>;

export type Desired =
  | { readonly kind: 'rendered'; readonly rendered: Rendered; readonly resolved: Resolved | undefined }
  | { readonly kind: 'refused'; readonly problems: readonly ProblemError[]; readonly resolved: Resolved | undefined }
  /** `againMs`: when the next try is due; never by itself when absent. */
  | { readonly kind: 'unresolved'; readonly error: ResolveError; readonly againMs: number | undefined };

/** A failed resolving that is not to be repeated before its time. */
export interface FailedResolve {
  readonly revision: number;
  readonly error: ResolveError;
  readonly attempts: number;
  /** ms since the epoch; never when absent. */
  readonly retryAt: number | undefined;
}

export interface DesiredInput {
  readonly state: AppState;
  readonly report: AppReport | undefined;
  /** Reads the live Application with its spec; asked only when it may save resolving. */
  readonly live: () => Promise<Application | undefined>;
  readonly failed: FailedResolve | undefined;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/**
 * Works out the Application; answers also what to remember of a failure.
 *
 * @throws KubeError when the cluster cannot be asked
 */
export async function desiredApplication(
  input: DesiredInput,
  resolver: SourceResolver,
): Promise<{ desired: Desired; failed?: FailedResolve }> {
  const { state, report, failed, nowMs } = input;
  const pin = report?.revision === state.revision ? report.resolved : undefined;
  const adopted = pin && report ? await adopt(input, pin, report) : undefined;
  if (adopted) return { desired: { kind: 'rendered', rendered: adopted, resolved: pin } };
  if (failed?.revision === state.revision && (failed.retryAt === undefined || failed.retryAt > nowMs)) {
    const againMs = failed.retryAt === undefined ? undefined : failed.retryAt - nowMs;
    return { desired: { kind: 'unresolved', error: failed.error, againMs }, failed };
  }
  let source: ResolvedObjects | undefined;
  try {
    const resolved = await resolver.resolve(state, pin, input.signal);
    source = resolved && { objects: resolved.objects, resolved: resolved.pin };
  } catch (error) {
    if (!(error instanceof ResolveError)) throw error;
    const attempts = failed?.revision === state.revision ? failed.attempts + 1 : 1;
    const againMs = nextResolveMs(error.retry, attempts);
    const retryAt = againMs === undefined ? undefined : nowMs + againMs;
    return {
      desired: { kind: 'unresolved', error, againMs },
      failed: { revision: state.revision, error, attempts, retryAt },
    };
  }
  const result = renderApplication(state, source);
  const resolved = source?.resolved;
  if (!result.ok) return { desired: { kind: 'refused', problems: result.problems, resolved } };
  return { desired: { kind: 'rendered', rendered: result, resolved } };
}

/** The rendering of this revision out of the Application that runs it; undefined when that is not what was reported. */
async function adopt(input: DesiredInput, resolved: Resolved, report: AppReport): Promise<Rendered | undefined> {
  if (report.manifestHash === undefined) return undefined;
  const live = await input.live();
  if (live === undefined) return undefined;
  const result = renderApplication(input.state, { objects: objectsOf(live), resolved });
  return result.ok && result.manifestHash === report.manifestHash ? result : undefined;
}

/** The objects of all `k8s-objects` components, in their order. */
function objectsOf(application: Application): unknown[] {
  return application.spec.components.flatMap(({ type, properties }) => {
    const objects = type === 'k8s-objects' && isRecord(properties) ? properties.objects : undefined;
    return Array.isArray(objects) ? objects : [];
  });
}
