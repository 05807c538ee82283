/**
 * What the Agent keeps of an Application in its cache: its spec, which can be a megabyte of rendered chart, only in
 * outline. Kubernetes raises `metadata.generation` with every change of a spec, so uid and generation are enough to know
 * that a spec which was once compared is still the same.
 */
import { isRecord } from '@kubenova/domain/manifest.ts';
import { WORKLOAD_KINDS } from '@kubenova/domain/workload-health.ts';
import type { Application, ApplicationComponent } from '@kubenova/kube/kinds/vela.ts';

/** For the informer's `transform`, and for what an apply answers. */
export function applicationView(application: Application): Application {
  const { uid, resourceVersion, generation, name, namespace, labels, creationTimestamp, deletionTimestamp } =
    application.metadata;
  const annotations = { ...application.metadata.annotations };
  // kubectl's copy of the whole object, when somebody applied by hand.
  delete annotations['kubectl.kubernetes.io/last-applied-configuration'];
  return {
    apiVersion: application.apiVersion,
    kind: application.kind,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      generation,
      labels,
      annotations,
      creationTimestamp,
      deletionTimestamp,
    },
    spec: { components: (application.spec?.components ?? []).map(outline) },
    ...(application.status === undefined ? {} : { status: application.status }),
  };
}

/** A component with the names of its workloads, which is what judging its health needs. */
function outline({ name, type, properties }: ApplicationComponent): ApplicationComponent {
  const objects =
    isRecord(properties) && Array.isArray(properties.objects) ? properties.objects.filter(isWorkload) : [];
  if (objects.length === 0) return { name, type };
  return {
    name,
    type,
    properties: {
      objects: objects.map(({ apiVersion, kind, metadata }) => ({
        apiVersion,
        kind,
        metadata: { name: isRecord(metadata) ? metadata.name : undefined },
      })),
    },
  };
}

function isWorkload(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && typeof value.kind === 'string' && WORKLOAD_KINDS.has(value.kind);
}
