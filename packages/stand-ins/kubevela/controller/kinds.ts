/** The kinds of KubeVela with the types of this stand-in, which says more about them than the client package does. */
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import * as vela from '@kubenova/kube/kinds/vela.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import type { Application as ApplicationObject } from '../model/application.ts';
import type { ApplicationRevision as RevisionObject } from '../model/revision.ts';
import type { ResourceTracker as TrackerObject } from '../model/tracker.ts';

function as<T extends KubeObject>(resource: Resource): Resource<T> {
  const { group, version, kind, plural, namespaced } = resource;
  return { group, version, kind, plural, namespaced };
}

export const Application = as<ApplicationObject>(vela.Application);
export const ApplicationRevision = as<RevisionObject>(vela.ApplicationRevision);
export const ResourceTracker = as<TrackerObject>(vela.ResourceTracker);
export const ComponentDefinition = as<KubeObject>(vela.ComponentDefinition);
export const TraitDefinition = as<KubeObject>(vela.TraitDefinition);
export const PolicyDefinition = as<KubeObject>({
  ...vela.TraitDefinition,
  kind: 'PolicyDefinition',
  plural: 'policydefinitions',
});
export const WorkflowStepDefinition = as<KubeObject>({
  ...vela.TraitDefinition,
  kind: 'WorkflowStepDefinition',
  plural: 'workflowstepdefinitions',
});
export { ConfigMap };
