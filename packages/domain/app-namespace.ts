/**
 * Everything that an App's namespace holds by KubeNova's own hand: the namespace in its Capsule Tenant, the account as
 * which KubeVela deploys, and the bindings that say who may do what there.
 *
 * The order in which they go matters as much as the order in which they come: without the deployer's binding KubeVela
 * cannot delete what it made, and an Application that is still there when its namespace goes leaves a ResourceTracker
 * behind. So on deletion: Application, wait; then bindings and account; then the namespace.
 */
import { AGENT_APP_ROLE, APP_READER_ROLE, DEPLOYER_ROLE, VIEWER_ROLE } from './cluster-roles.ts';
import type { AppIdentity } from './identity.ts';
import { appLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { type ClusterAuth, memberBindings } from './member-bindings.ts';
import { AGENT_ACCOUNT, DEPLOYER, SYSTEM_NAMESPACE } from './names.ts';
import { roleBinding, serviceAccount } from './rbac-objects.ts';
import { type NamespaceMetadata, PLAIN, tenantNamespace } from './tenant-namespace.ts';

/** Names of the RoleBindings of programs; those of people are in `member-bindings.ts`. */
export const DEPLOYER_BINDING = 'kubenova-deployer';
export const AGENT_BINDING = 'kubenova-agent';

/** What the Manager applies for an App, in this order: namespace, account, bindings. */
export interface AppNamespaceObjects {
  namespace: Manifest;
  serviceAccount: Manifest;
  bindings: Manifest[];
}

/**
 * The namespace of an App and what belongs into it.
 *
 * @param more what the tenant's settings and policies put on its namespaces
 * @param auth how people get into the cluster
 */
export function appNamespaceObjects(
  app: AppIdentity,
  more: NamespaceMetadata = PLAIN,
  auth: ClusterAuth = 'oidc',
): AppNamespaceObjects {
  const labels = appLabels(app);
  const inNamespace = { namespace: app.namespace };
  return {
    namespace: tenantNamespace(app, labels, more),
    serviceAccount: serviceAccount(DEPLOYER, app.namespace, labels),
    bindings: [
      roleBinding({
        ...inNamespace,
        name: DEPLOYER_BINDING,
        labels,
        role: { kind: 'ClusterRole', name: DEPLOYER_ROLE },
        subjects: [{ serviceAccount: DEPLOYER, namespace: app.namespace }],
      }),
      roleBinding({
        ...inNamespace,
        name: AGENT_BINDING,
        labels,
        role: { kind: 'ClusterRole', name: AGENT_APP_ROLE },
        subjects: [{ serviceAccount: AGENT_ACCOUNT, namespace: SYSTEM_NAMESPACE }],
      }),
      ...memberBindings({ ...app, labels, auth }, { devs: APP_READER_ROLE, viewers: VIEWER_ROLE }),
    ],
  };
}
