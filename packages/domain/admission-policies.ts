/**
 * What RBAC cannot hold, as ValidatingAdmissionPolicies (admissionregistration.k8s.io/v1), which hold for
 * `system:masters` too. Each is a file of `admission/`; those of the policy catalogue stand with their types.
 *
 * In CEL, `request.subResource` is absent and not empty for the main resource, and `object` is null on DELETE; both need
 * `?` or a check, which type checking at creation does not show. Users are compared as the API server saw them, so an
 * impersonated account is the account and not the impersonator.
 */
import { applicationsPolicy } from './admission/applications.ts';
import { capsuleProxyPolicy } from './admission/capsule-proxy.ts';
import { deliveredPolicy } from './admission/delivered.ts';
import { deployerPolicy } from './admission/deployer.ts';
import { fencesPolicy } from './admission/fences.ts';
import { kyvernoPolicyRules } from './admission/kyverno.ts';
import { namespacesPolicy } from './admission/namespaces.ts';
import { scalePolicy } from './admission/scale.ts';
import { tenantPolicies } from './admission/tenant-policies.ts';
import type { Manifest } from './manifest.ts';

/** What differs between clusters. */
export interface AdmissionOptions {
  /** Users besides KubeVela and Kubernetes' own that must write to what Apps are made of, such as a storage driver. */
  extraWriters?: readonly string[];
}

/** The policies and their bindings, in the order in which to apply them. */
export function admissionPolicies(options: AdmissionOptions = {}): Manifest[] {
  return [
    ...applicationsPolicy(),
    ...deliveredPolicy(options.extraWriters ?? []),
    ...scalePolicy(),
    ...deployerPolicy(),
    ...namespacesPolicy(),
    ...fencesPolicy(),
    ...kyvernoPolicyRules(),
    ...capsuleProxyPolicy(),
    ...tenantPolicies(),
  ];
}
