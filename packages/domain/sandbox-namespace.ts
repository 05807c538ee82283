/**
 * A sandbox: a namespace that the tenant's people may edit freely. It holds no account of ours and no binding for the
 * Agent or KubeVela, so that neither can act in it.
 */
import { SANDBOX_EDITOR_ROLE, SANDBOX_SECRETS_ROLE, SANDBOX_VIEWER_ROLE } from './cluster-roles.ts';
import type { SandboxIdentity } from './identity.ts';
import { sandboxLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { type ClusterAuth, memberBindingOfRole, memberBindings } from './member-bindings.ts';
import { type NamespaceMetadata, PLAIN, tenantNamespace } from './tenant-namespace.ts';

/** The binding for Secrets, which is not reflected; `tenant-roles.ts` says why. */
export const DEVS_SECRETS_BINDING = 'kubenova-devs-secrets';

/** What the Manager applies for a sandbox, in this order: namespace, bindings. */
export interface SandboxNamespaceObjects {
  namespace: Manifest;
  bindings: Manifest[];
}

/**
 * The namespace of a sandbox and what belongs into it.
 *
 * @param more what the tenant's settings and policies put on its namespaces
 * @param auth how people get into the cluster
 */
export function sandboxNamespaceObjects(
  sandbox: SandboxIdentity,
  more: NamespaceMetadata = PLAIN,
  auth: ClusterAuth = 'oidc',
): SandboxNamespaceObjects {
  const labels = sandboxLabels(sandbox);
  const members = { ...sandbox, labels, auth };
  return {
    namespace: tenantNamespace(sandbox, labels, more),
    bindings: [
      ...memberBindings(members, { devs: SANDBOX_EDITOR_ROLE, viewers: SANDBOX_VIEWER_ROLE }),
      memberBindingOfRole(members, DEVS_SECRETS_BINDING, SANDBOX_SECRETS_ROLE, 'projectDev'),
    ],
  };
}
