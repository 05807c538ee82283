/**
 * The Application and its status in the shape that KubeVela 1.10 gives them. Only fields that the stand-in reads or
 * writes are named; what else a client sends is kept.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { annotation } from './vocabulary.ts';

export type Properties = Record<string, unknown>;

export interface TraitSpec {
  type: string;
  properties?: Properties;
}

export interface ComponentSpec {
  name: string;
  type: string;
  properties?: Properties;
  traits?: TraitSpec[];
  dependsOn?: string[];
}

/** Names a policy of the Application, for `deploy` steps or for the Application as a whole. */
export interface PolicySpec {
  name: string;
  type: string;
  properties?: Properties;
}

export type StepMode = 'StepByStep' | 'DAG';

export interface StepSpec {
  name: string;
  type: string;
  properties?: Properties;
  dependsOn?: string[];
  /** `always`: also after a step that failed. */
  if?: string;
  /** Of a `step-group`. */
  subSteps?: StepSpec[];
  mode?: StepMode;
  [field: string]: unknown;
}

export interface WorkflowSpec {
  ref?: string;
  mode?: { steps?: StepMode; subSteps?: StepMode };
  steps?: StepSpec[];
}

export interface ApplicationSpec {
  components: ComponentSpec[];
  policies?: PolicySpec[];
  workflow?: WorkflowSpec;
  [field: string]: unknown;
}

/** In the order in which a healthy Application walks through them; `status.status` holds one of these. */
export type Phase =
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

export type ConditionType = 'Synced' | 'Parsed' | 'Revision' | 'Policy' | 'Render' | 'Workflow' | 'Ready' | 'StateKeep';

export interface Condition {
  type: ConditionType;
  status: 'True' | 'False';
  lastTransitionTime: string;
  reason: 'Available' | 'ReconcileSuccess' | 'ReconcileError' | 'Deleting';
  message?: string;
}

export interface TraitStatus {
  type: string;
  healthy: boolean;
  message?: string;
}

export interface ServiceStatus {
  name: string;
  namespace: string;
  /** Only where a `deploy` step placed it. */
  cluster?: string;
  workloadDefinition: { apiVersion: string; kind: string };
  healthy: boolean;
  message?: string;
  traits?: TraitStatus[];
}

export interface AppliedResource {
  cluster?: string;
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
  creator?: string;
}

export interface StepStatus {
  id: string;
  name: string;
  type: string;
  phase: 'pending' | 'running' | 'suspending' | 'succeeded' | 'failed' | 'skipped';
  reason?: string;
  message?: string;
  firstExecuteTime?: string;
  lastExecuteTime?: string;
}

export interface WorkflowStepStatus extends StepStatus {
  subSteps?: StepStatus[];
}

/** `status.workflow.status`. */
export type WorkflowState = 'executing' | 'suspending' | 'terminated' | 'failed' | 'succeeded';

export interface WorkflowStatus {
  appRevision: string;
  mode?: string;
  status?: WorkflowState;
  finished: boolean;
  suspend: boolean;
  terminated: boolean;
  contextBackend?: { apiVersion: string; kind: string; name: string; namespace: string; uid?: string };
  startTime?: string;
  endTime?: string;
  steps?: WorkflowStepStatus[];
}

export interface ApplicationStatus {
  status?: Phase;
  observedGeneration?: number;
  conditions?: Condition[];
  latestRevision?: { name: string; revision: number; revisionHash: string };
  services?: ServiceStatus[];
  appliedResources?: AppliedResource[];
  workflow?: WorkflowStatus;
}

export interface Application extends KubeObject {
  metadata: KubeObject['metadata'] & { namespace: string; uid: string };
  spec: ApplicationSpec;
  status?: ApplicationStatus;
}

export function publishVersionOf(object: KubeObject): string {
  return object.metadata.annotations?.[annotation.publishVersion] ?? '';
}

/** The value that ties an object to its Application wherever one string is wanted. */
export function appKey(app: KubeObject): string {
  return `${app.metadata.namespace ?? 'default'}/${app.metadata.name}`;
}
