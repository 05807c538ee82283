/** Brings one component into the cluster: try without persisting, record in the tracker, apply, look at health. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { AppliedResource, ComponentSpec, ServiceStatus } from '../model/application.ts';
import type { Placement } from '../model/policies.ts';
import { resourceKey } from '../model/tracker.ts';
import { label } from '../model/vocabulary.ts';
import { isHealthy, judge, renderedOf } from './health.ts';
import { aggregated, OutputError } from './outputs.ts';
import type { Run } from './run.ts';

/**
 * Answers whether it is healthy; its service and objects are in the status from then on.
 * @throws RenderError when the properties do not fit; OutputError when the server refuses
 */
export async function applyComponent(run: Run, component: ComponentSpec, placement?: Placement): Promise<boolean> {
  const rendered = renderedOf(run, component, placement);
  await dispatch(run, [rendered.workload, ...rendered.others]);
  return rememberHealth(run, await judge(run, component, rendered, placement));
}

/** Is everything of the component in the cluster for this version already, and well? */
export async function isDeployed(run: Run, component: ComponentSpec, placement: Placement): Promise<boolean> {
  const rendered = renderedOf(run, component, placement);
  const manifests = await Promise.all([rendered.workload, ...rendered.others].map((one) => run.outputs.settle(one)));
  const tracked = new Set((run.trackers.current?.spec.managedResources ?? []).map(resourceKey));
  const keys = manifests.map(({ apiVersion, kind, metadata }) => resourceKey({ apiVersion, kind, ...metadata }));
  if (!keys.every((key) => tracked.has(key))) return false;
  return rememberHealth(run, await judge(run, component, rendered, placement));
}

/** Nothing is recorded or written unless the server would take every object of the component. */
async function dispatch(run: Run, rendered: readonly KubeObject[]): Promise<void> {
  const manifests = await Promise.all(rendered.map((manifest) => run.outputs.settle(manifest)));
  const applyAll = (dryRun: boolean) =>
    Promise.allSettled(manifests.map((manifest) => run.outputs.apply(manifest, { dryRun, mode: 'dispatch' })));
  const refused = aggregated(await applyAll(true));
  if (refused) throw new OutputError(`Dispatch: pre-dispatch dryrun failed: ${refused.message}`);
  run.trackers.current = await run.store.record(run.app, run.trackers.current, manifests);
  const failed = aggregated(await applyAll(false));
  if (failed) throw new OutputError(`Dispatch: ${failed.message}`);
  rememberApplied(run, manifests);
}

function rememberHealth(run: Run, service: ServiceStatus): boolean {
  const services = [...(run.status.services ?? [])];
  const same = (other: ServiceStatus) =>
    other.name === service.name && other.cluster === service.cluster && other.namespace === service.namespace;
  const index = services.findIndex(same);
  if (index < 0) services.push(service);
  else services[index] = service;
  run.status = { ...run.status, services };
  return isHealthy(service);
}

function rememberApplied(run: Run, manifests: readonly KubeObject[]): void {
  const applied = [...(run.status.appliedResources ?? [])];
  for (const manifest of manifests) {
    const cluster = manifest.metadata.labels?.[label.cluster];
    const entry = appliedResource({ ...manifest, ...manifest.metadata, ...(cluster && { cluster }) });
    if (!applied.some((existing) => sameResource(existing, entry))) applied.push(entry);
  }
  run.status = { ...run.status, appliedResources: applied };
}

export function appliedResource(object: Omit<AppliedResource, 'creator'>): AppliedResource {
  const { apiVersion, kind, name, namespace, cluster } = object;
  const where = { ...(cluster ? { cluster } : {}), ...(namespace ? { namespace } : {}) };
  return { apiVersion, kind, name, ...where, creator: 'workflow' };
}

function sameResource(a: AppliedResource, b: AppliedResource): boolean {
  return a.apiVersion === b.apiVersion && a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}
