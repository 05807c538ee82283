/**
 * What the Agent keeps of an Application in its cache: everything but the spec, which can be a megabyte of rendered
 * chart. Kubernetes raises `metadata.generation` with every change of a spec, so uid and generation are enough to know
 * that a spec which was once compared is still the same.
 */
import type { Application } from '@kubenova/kube/kinds/vela.ts';

/** For the informer's `transform`. */
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
    spec: { components: [] },
    ...(application.status === undefined ? {} : { status: application.status }),
  };
}
