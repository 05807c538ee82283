/**
 * Reads what KubeVela made of an App, in the App's namespace only, and judges it by the domain's rules. Once everything is
 * delivered only the kinds that the App consists of are read, so that a settled App of one Deployment costs two lists.
 */
import type { AppState } from '@kubenova/domain/app-state.ts';
import { componentHealths, type ObservedObjects, workloadsCondition } from '@kubenova/domain/component-health.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { DaemonSet, Deployment, StatefulSet } from '@kubenova/kube/kinds/apps.ts';
import { CronJob, Job } from '@kubenova/kube/kinds/batch.ts';
import { Pod, Service } from '@kubenova/kube/kinds/core.ts';
import { Ingress } from '@kubenova/kube/kinds/networking.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import type { WorkloadFindings } from './report.ts';
import type { VelaVerdict } from './vela-status.ts';

const WORKLOADS: readonly Resource[] = [Deployment, StatefulSet, DaemonSet, Job, CronJob] as readonly Resource[];

/**
 * Lists the App's objects and judges them.
 *
 * @param application as the cache holds it, with the outline of its components
 * @throws KubeError
 */
export async function observeWorkloads(
  client: Pick<KubeClient, 'list'>,
  state: AppState,
  application: Application,
  vela: VelaVerdict | undefined,
  signal: AbortSignal,
): Promise<WorkloadFindings | undefined> {
  const kinds = kindsOf(application);
  const isWanted = ({ kind }: Resource) => vela?.state !== 'delivered' || kind === 'Pod' || kinds.has(kind);
  const list = async (resource: Resource): Promise<Manifest[]> => {
    if (!isWanted(resource)) return [];
    const { items } = await client.list(resource, {
      namespace: state.namespace,
      signal,
      transform: withoutManagedFields,
    });
    // Items of a list carry neither apiVersion nor kind.
    const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
    return items.map((item) => ({ ...item, apiVersion, kind: resource.kind }));
  };
  try {
    const [pods, services, ingresses, ...workloads] = await Promise.all([
      list(Pod as Resource),
      list(Service as Resource),
      list(Ingress as Resource),
      ...WORKLOADS.map(list),
    ]);
    return judge(application, { pods, services, ingresses, workloads: workloads.flat() });
  } catch (error) {
    // Right after the namespace was made the binding may not be effective, and at the end of an App it is gone.
    if (isKubeError(error, 'Forbidden', 'NotFound')) return undefined;
    throw error;
  }
}

/** What the App consists of: what KubeVela says it applied, and what its components are bound to make. */
function kindsOf(application: Application): Set<string> {
  const applied = (application.status?.appliedResources ?? []).map(({ kind }) => kind ?? '');
  const expected = application.spec.components.flatMap(({ type, properties }) => {
    if (type === 'webservice' || type === 'worker') return ['Deployment'];
    return Array.isArray(properties?.objects) ? properties.objects.map(({ kind }: { kind: string }) => kind) : [];
  });
  return new Set([...applied, ...expected]);
}

function judge(application: Application, observed: ObservedObjects): WorkloadFindings {
  const healths = componentHealths(application as unknown as Manifest, observed);
  return {
    condition: workloadsCondition(healths),
    components: healths.map(({ status }) => status),
    stuck: healths.some(({ state }) => state === 'failing'),
    missing: missingObjects(application, observed),
  };
}

const LOOKED_AT = new Set(
  [...WORKLOADS, Pod as Resource, Service as Resource, Ingress as Resource].map(({ kind }) => kind),
);

/** Of what KubeVela says it applied, what was looked for and not found. */
function missingObjects(application: Application, observed: ObservedObjects): string[] {
  const { workloads, pods, services, ingresses } = observed;
  const there = new Set(
    [...workloads, ...pods, ...services, ...ingresses].map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  );
  const applied = (application.status?.appliedResources ?? []).filter(({ kind }) => LOOKED_AT.has(kind ?? ''));
  return applied.map(({ kind, name }) => `${kind} ${name}`).filter((title) => !there.has(title));
}

function withoutManagedFields(object: KubeObject): KubeObject {
  delete object.metadata.managedFields;
  return object;
}
