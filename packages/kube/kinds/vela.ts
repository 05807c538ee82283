/** Kinds of KubeVela 1.10, `core.oam.dev/v1beta1`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { clusterScoped, namespaced } from './define.ts';
import type { Condition, ObjectReference } from './meta.ts';

const GROUP = 'core.oam.dev';

export interface ApplicationComponent {
  name: string;
  type: string;
  properties?: Record<string, unknown>;
  traits?: { type: string; properties?: Record<string, unknown> }[];
  dependsOn?: string[];
  [field: string]: unknown;
}

export type ApplicationPhase =
  | 'starting'
  | 'rendering'
  | 'generatingPolicy'
  | 'runningWorkflow'
  | 'workflowSuspending'
  | 'workflowTerminated'
  | 'workflowFailed'
  | 'running'
  | 'unhealthy'
  | 'deleting';

export interface ApplicationSpec {
  components: ApplicationComponent[];
  policies?: { name?: string; type: string; properties?: Record<string, unknown> }[];
  workflow?: { steps?: Record<string, unknown>[]; mode?: Record<string, unknown>; ref?: string };
}

export interface WorkflowStepStatus {
  id?: string;
  name?: string;
  type?: string;
  phase?: 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'suspending';
  reason?: string;
  message?: string;
  firstExecuteTime?: string;
  lastExecuteTime?: string;
}

/** `status.status` is the phase. `workflow.appRevision` is the publishVersion when the Application is annotated with one. */
export interface ApplicationStatus {
  status?: ApplicationPhase;
  observedGeneration?: number;
  conditions?: Condition[];
  latestRevision?: { name: string; revision: number; revisionHash?: string };
  services?: {
    name: string;
    namespace?: string;
    cluster?: string;
    healthy?: boolean;
    message?: string;
    workloadDefinition?: { apiVersion: string; kind: string };
    traits?: { type: string; healthy?: boolean; message?: string }[];
  }[];
  appliedResources?: (ObjectReference & { cluster?: string; creator?: string })[];
  workflow?: {
    appRevision?: string;
    mode?: string;
    status?: string;
    message?: string;
    finished?: boolean;
    suspend?: boolean;
    terminated?: boolean;
    contextBackend?: ObjectReference;
    startTime?: string;
    endTime?: string;
    steps?: WorkflowStepStatus[];
  };
}

export interface Application extends KubeObject {
  spec: ApplicationSpec;
  status?: ApplicationStatus;
}
export const Application: Resource<Application> = namespaced(GROUP, 'v1beta1', 'Application', 'applications');

export interface ApplicationRevision extends KubeObject {
  spec?: { application?: Application; [field: string]: unknown };
  status?: { succeeded?: boolean; [field: string]: unknown };
}
export const ApplicationRevision: Resource<ApplicationRevision> = namespaced(
  GROUP,
  'v1beta1',
  'ApplicationRevision',
  'applicationrevisions',
);

/** Cluster-scoped: which objects an Application's generation has made, so that they can be garbage-collected. */
export interface ResourceTracker extends KubeObject {
  spec?: {
    type?: string;
    applicationGeneration?: number;
    managedResources?: ManagedResource[];
    [field: string]: unknown;
  };
  status?: Record<string, unknown>;
}
export interface ManagedResource extends ObjectReference {
  cluster?: string;
  component?: string;
  trait?: string;
  deleted?: boolean;
  raw?: unknown;
}
export const ResourceTracker: Resource<ResourceTracker> = clusterScoped(
  GROUP,
  'v1beta1',
  'ResourceTracker',
  'resourcetrackers',
);

/** The common shape of KubeVela's definitions; the CUE template stands in `spec.schematic.cue.template`. */
export interface Definition extends KubeObject {
  spec?: { schematic?: { cue?: { template: string } }; [field: string]: unknown };
  status?: { conditions?: Condition[]; [field: string]: unknown };
}
export const ComponentDefinition: Resource<Definition> = namespaced(
  GROUP,
  'v1beta1',
  'ComponentDefinition',
  'componentdefinitions',
);
export type ComponentDefinition = Definition;
export const TraitDefinition: Resource<Definition> = namespaced(
  GROUP,
  'v1beta1',
  'TraitDefinition',
  'traitdefinitions',
);
export type TraitDefinition = Definition;
export const PolicyDefinition: Resource<Definition> = namespaced(
  GROUP,
  'v1beta1',
  'PolicyDefinition',
  'policydefinitions',
);
export type PolicyDefinition = Definition;
export const WorkflowStepDefinition: Resource<Definition> = namespaced(
  GROUP,
  'v1beta1',
  'WorkflowStepDefinition',
  'workflowstepdefinitions',
);
export type WorkflowStepDefinition = Definition;
