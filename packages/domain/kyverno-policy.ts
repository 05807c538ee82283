/**
 * The Kyverno `Policy` of a tenant's namespace (`kyverno.io/v1`, read off the definitions of Kyverno 1.15 to 1.19; from
 * 1.19 on they are deprecated in favour of `policies.kyverno.io` and still served).
 */
import type { Manifest } from './manifest.ts';

/** The one name under which KubeNova writes one, and may. */
export const KYVERNO_POLICY = 'kubenova';

export function kyvernoPolicy(
  namespace: string,
  labels: Record<string, string>,
  rules: readonly Record<string, unknown>[],
): Manifest {
  return {
    apiVersion: 'kyverno.io/v1',
    kind: 'Policy',
    metadata: { name: KYVERNO_POLICY, namespace, labels },
    // What is there already is left alone, as by every other policy; `background` would only report it.
    spec: { admission: true, background: false, rules: [...rules] },
  };
}
