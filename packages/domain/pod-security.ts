/**
 * Pod Security admission for tenants' namespaces. Whoever may create a pod could otherwise mount the node's disk or
 * share its network, and be root on every tenant's node; RBAC has no word for that. `baseline` forbids exactly the known
 * ways out of a container and lets ordinary charts through.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurityLabels(): Record<string, string> {
  return {
    'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/enforce-version': 'latest',
  };
}
