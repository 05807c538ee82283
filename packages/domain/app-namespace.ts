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
import { appLabels, CAPSULE_TENANT, PROXY_REFLECTION } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { AGENT_ACCOUNT, DEPLOYER, devsGroup, SYSTEM_NAMESPACE, viewersGroup } from './names.ts';
import { podSecurityLabels } from './pod-security.ts';
import { namespaceObject, roleBinding, serviceAccount } from './rbac-objects.ts';

/** Names of the RoleBindings in a namespace of ours. */
export const DEPLOYER_BINDING = 'kubenova-deployer';
export const AGENT_BINDING = 'kubenova-agent';
export const DEVS_BINDING = 'kubenova-devs';
export const VIEWERS_BINDING = 'kubenova-viewers';

/** What the Manager applies for an App, in this order: namespace, account, bindings. */
export interface AppNamespaceObjects {
  namespace: Manifest;
  serviceAccount: Manifest;
  bindings: Manifest[];
}

/** The namespace of an App and what belongs into it. */
export function appNamespaceObjects(app: AppIdentity): AppNamespaceObjects {
  const labels = appLabels(app);
  const reflected = { ...labels, [PROXY_REFLECTION]: 'true' };
  const inNamespace = { namespace: app.namespace };
  return {
    namespace: namespaceObject(app.namespace, {
      ...labels,
      [CAPSULE_TENANT]: app.tenant.name,
      ...podSecurityLabels(),
    }),
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
      roleBinding({
        ...inNamespace,
        name: DEVS_BINDING,
        labels: reflected,
        role: { kind: 'ClusterRole', name: APP_READER_ROLE },
        subjects: [{ group: devsGroup(app.tenant.name) }],
      }),
      roleBinding({
        ...inNamespace,
        name: VIEWERS_BINDING,
        labels: reflected,
        role: { kind: 'ClusterRole', name: VIEWER_ROLE },
        subjects: [{ group: viewersGroup(app.tenant.name) }],
      }),
    ],
  };
}
