/** What `webservice`, `worker` and `statefulset` share: replicas of one pod, and when KubeVela calls them healthy. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Properties } from '../model/application.ts';
import { annotation, label } from '../model/vocabulary.ts';
import type { Draft, Health, RenderContext } from '../render/definition.ts';
import { integer, record } from '../render/properties.ts';
import { type PodOptions, podMetadataOf, podSpecOf } from './pod-spec.ts';

export function replicatedOf(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  properties: Properties,
  context: RenderContext,
  options: PodOptions & { labels?: Properties; annotations?: Properties },
): Draft {
  return {
    apiVersion: 'apps/v1',
    kind,
    spec: {
      selector: { matchLabels: { [label.component]: context.name } },
      template: {
        metadata: podMetadataOf(context, options),
        spec: podSpecOf(properties, context, { probes: true, groupedVolumes: true, ...options }),
      },
    },
  };
}

/** All wanted replicas are there, updated and ready, and their controller has seen the newest generation. */
export function deploymentHealth(workload: KubeObject): Health {
  const spec = record(workload, 'spec') ?? {};
  const status = record(workload, 'status') ?? {};
  const wanted = integer(spec, 'replicas') ?? 1;
  const count = (field: string) => integer(status, field) ?? 0;
  const complete = ['readyReplicas', 'updatedReplicas', 'replicas'].every((field) => count(field) === wanted);
  const seen = count('observedGeneration') >= (workload.metadata.generation ?? 0);
  const unchecked = workload.metadata.annotations?.[annotation.disableHealthCheck] !== undefined;
  return { healthy: unchecked || (complete && seen), message: `Ready:${count('readyReplicas')}/${wanted}` };
}
