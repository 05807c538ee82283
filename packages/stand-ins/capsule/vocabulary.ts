/** Names that Capsule 0.14 and those who read its objects agree on. Source: its `pkg/api/meta`. */

export const GROUP = 'capsule.clastix.io';
export const API_VERSION = `${GROUP}/v1beta2`;

/** Namespace and ServiceAccount of Capsule itself. */
export const CAPSULE_USER = 'system:serviceaccount:capsule-system:capsule';

export const FINALIZER = 'controller.projectcapsule.dev/finalize';
export const NODE_SELECTOR_ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';

export const label = {
  /** Of a namespace: its tenant. */
  tenant: 'capsule.clastix.io/tenant',
  cordoned: 'projectcapsule.dev/cordoned',
  /** Of everything in a tenant's namespace: the tenant, under both names. */
  managedBy: 'capsule.clastix.io/managed-by',
  objectTenant: 'projectcapsule.dev/tenant',
  /** Of what Capsule itself keeps there. */
  controlledBy: 'projectcapsule.dev/managed-by',
  createdBy: 'projectcapsule.dev/created-by',
  resourceQuota: 'capsule.clastix.io/resource-quota',
  limitRange: 'capsule.clastix.io/limit-range',
  networkPolicy: 'capsule.clastix.io/network-policy',
  roleBinding: 'capsule.clastix.io/role-binding',
  namespaceName: 'kubernetes.io/metadata.name',
} as const;

export const CONTROLLER = 'controller';
