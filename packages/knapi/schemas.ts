/**
 * The contract's schemas under the names that the rest of the code uses. Everything here is generated from
 * `docs/openapi/openapi.yaml`; this file only gives the generated types short names.
 */
import type { components } from './generated/types.ts';

type Schemas = components['schemas'];

export type Annotations = Schemas['Annotations'];
export type App = Schemas['App'];
export type AppCreate = Schemas['AppCreate'];
export type AppPatch = Schemas['AppPatch'];
export type AppPhase = Schemas['AppPhase'];
export type AppRevision = Schemas['AppRevision'];
export type AppStatus = Schemas['AppStatus'];
export type AppStatusSummary = Schemas['AppStatusSummary'];
export type AppUpdate = Schemas['AppUpdate'];
export type AppValidation = Schemas['AppValidation'];
export type AuditEntry = Schemas['AuditEntry'];
export type Cluster = Schemas['Cluster'];
export type ClusterCreate = Schemas['ClusterCreate'];
export type ClusterUpdate = Schemas['ClusterUpdate'];
export type ComponentStatus = Schemas['ComponentStatus'];
export type Condition = Schemas['Condition'];
export type ContainerImage = Schemas['ContainerImage'];
export type ContainerPort = Schemas['ContainerPort'];
export type Endpoint = Schemas['Endpoint'];
export type Grant = Schemas['Grant'];
export type HelmHttp = Schemas['HelmHttp'];
export type KubeManifest = Schemas['KubeManifest'];
export type Kubeconfig = Schemas['Kubeconfig'];
export type KubeconfigCreate = Schemas['KubeconfigCreate'];
export type Labels = Schemas['Labels'];
export type Me = Schemas['Me'];
export type ObjectStatus = Schemas['ObjectStatus'];
export type Owner = Schemas['Owner'];
export type Placement = Schemas['Placement'];
export type PlacementSpec = Schemas['PlacementSpec'];
export type PodStatus = Schemas['PodStatus'];
export type Problem = Schemas['Problem'];
export type ProblemCode = Schemas['ProblemCode'];
export type ProblemError = Schemas['ProblemError'];
export type Project = Schemas['Project'];
export type ProjectCreate = Schemas['ProjectCreate'];
export type ProjectUpdate = Schemas['ProjectUpdate'];
export type Queue = Schemas['Queue'];
export type Role = Schemas['Role'];
export type Sandbox = Schemas['Sandbox'];
export type SandboxCreate = Schemas['SandboxCreate'];
export type Scope = Schemas['Scope'];
export type SecretRef = Schemas['SecretRef'];
export type ServiceStatus = Schemas['ServiceStatus'];
export type Source = Schemas['Source'];
export type SourceKind = Schemas['SourceKind'];
export type Tenant = Schemas['Tenant'];
export type TenantCreate = Schemas['TenantCreate'];
export type TenantUpdate = Schemas['TenantUpdate'];
export type Token = Schemas['Token'];
export type TokenCreate = Schemas['TokenCreate'];
export type TokenCreated = Schemas['TokenCreated'];
export type Trait = Schemas['Trait'];
export type WorkloadStatus = Schemas['WorkloadStatus'];

/** What an App asks for: the part of it that makes a revision. */
export interface AppSpec {
  description: string;
  source: Source;
  traits: Trait[];
  labels: Labels;
}
