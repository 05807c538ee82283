/** Who an object on a cluster belongs to: plain data that both Manager and Agent pass around. */

/** An object of the database by its id and its name. */
export interface NamedRef {
  id: string;
  name: string;
}

/** A tenant. */
export type TenantIdentity = NamedRef;

/** An App with everything that its objects on the cluster are labelled and named with. */
export interface AppIdentity {
  id: string;
  name: string;
  namespace: string;
  /** Name of the cluster. */
  cluster: string;
  tenant: NamedRef;
  project: NamedRef;
}

/** A sandbox with everything that its objects on the cluster are labelled and named with. */
export interface SandboxIdentity {
  id: string;
  /** `sbx-001` */
  name: string;
  namespace: string;
  /** Name of the cluster. */
  cluster: string;
  tenant: NamedRef;
  project: NamedRef;
}
