/**
 * A sandbox: a namespace that the tenant's people may edit freely. It holds no account of ours and no binding for the
 * Agent or KubeVela, so that neither can act in it.
 */
import { DEVS_BINDING, VIEWERS_BINDING } from './app-namespace.ts';
import { SANDBOX_EDITOR_ROLE, SANDBOX_SECRETS_ROLE, SANDBOX_VIEWER_ROLE } from './cluster-roles.ts';
import type { SandboxIdentity } from './identity.ts';
import { CAPSULE_TENANT, PROXY_REFLECTION, sandboxLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { devsGroup, viewersGroup } from './names.ts';
import { podSecurityLabels } from './pod-security.ts';
import { namespaceObject, roleBinding } from './rbac-objects.ts';

/** The binding for Secrets, which is not reflected; `tenant-roles.ts` says why. */
export const DEVS_SECRETS_BINDING = 'kubenova-devs-secrets';

/** What the Manager applies for a sandbox, in this order: namespace, bindings. */
export interface SandboxNamespaceObjects {
  namespace: Manifest;
  bindings: Manifest[];
}

/** The namespace of a sandbox and what belongs into it. */
export function sandboxNamespaceObjects(sandbox: SandboxIdentity): SandboxNamespaceObjects {
  const labels = sandboxLabels(sandbox);
  const reflected: Record<string, string> = { ...labels, [PROXY_REFLECTION]: 'true' };
  const binding = (name: string, roleName: string, group: string, bindingLabels = reflected): Manifest =>
    roleBinding({
      name,
      namespace: sandbox.namespace,
      labels: bindingLabels,
      role: { kind: 'ClusterRole', name: roleName },
      subjects: [{ group }],
    });
  return {
    namespace: namespaceObject(sandbox.namespace, {
      ...labels,
      [CAPSULE_TENANT]: sandbox.tenant.name,
      ...podSecurityLabels(),
    }),
    bindings: [
      binding(DEVS_BINDING, SANDBOX_EDITOR_ROLE, devsGroup(sandbox.tenant.name)),
      binding(DEVS_SECRETS_BINDING, SANDBOX_SECRETS_ROLE, devsGroup(sandbox.tenant.name), labels),
      binding(VIEWERS_BINDING, SANDBOX_VIEWER_ROLE, viewersGroup(sandbox.tenant.name)),
    ],
  };
}
