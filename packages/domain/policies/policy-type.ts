/**
 * What a policy is: data that says what its parameters are, and pure functions that say what they come to on a cluster.
 *
 * A policy never becomes CEL or configuration of its own. Its parameters become values (a field of the Capsule Tenant, an
 * annotation or a label of the tenant's namespaces), which rules that are the same on every cluster read. So the Manager
 * needs no right over rules, and no text of a user is ever evaluated.
 */
import type { JsonSchema } from '@kubenova/knapi/operation.ts';
import type { PolicyDefinition } from '@kubenova/knapi/schemas.ts';
import type { AdmissionRule } from './admission-rule.ts';

/** What enforces a policy on a cluster. */
export type PolicyEngine = PolicyDefinition['engine'];

/** The domain of the annotations by which a namespace tells admission policies their parameters. */
export const POLICY_DOMAIN = 'policy.kubenova.io';

/** What policies come to, in the places where a cluster looks. */
export interface PolicyEffects {
  /** Fields of the Capsule Tenant's `spec`. */
  capsule: Record<string, unknown>;
  /** Annotations of each of the tenant's namespaces. */
  annotations: Record<string, string>;
  /** Labels of each of the tenant's namespaces; they go before those that every namespace has. */
  labels: Record<string, string>;
  /** Rules of a Kyverno `Policy` in each of the tenant's namespaces. */
  kyvernoRules: Record<string, unknown>[];
}

/** A policy, as its own file writes it. `P` is what its schema lets through, with fields that may be left out. */
export interface PolicyType<P> {
  type: string;
  title: string;
  description: string;
  engine: PolicyEngine;
  /** JSON Schema (2020-12) of the parameters. Values that reach an annotation hold no separator of the encoding. */
  schema: JsonSchema;
  /** Parameters that a reader can start from. */
  example: P;
  /** What allows a thing exactly when both allow it. */
  strictest(a: P, b: P): P;
  effect(parameters: P): Partial<PolicyEffects>;
  /** The rule that reads the annotation; there when the engine is `admissionPolicy`. */
  admission?: AdmissionRule;
}

/** A policy of the catalogue, whatever its parameters. They have passed the schema when they get here. */
export type CatalogueEntry = PolicyType<Record<string, unknown>>;

/** Takes a policy into the catalogue. */
export function catalogued<P extends Record<string, unknown>>(policy: PolicyType<P>): CatalogueEntry {
  return policy;
}

/** What policies have in common that are in force or not, and take no parameters. */
export function withoutParameters(
  type: string,
): Pick<PolicyType<Record<string, never>>, 'type' | 'schema' | 'example' | 'strictest' | 'effect'> {
  return {
    type,
    schema: { type: 'object', additionalProperties: false, properties: {} },
    example: {},
    strictest: () => ({}),
    effect: () => ({ annotations: { [annotationOf(type)]: 'true' } }),
  };
}

/** The annotation in which a policy's parameters stand. */
export function annotationOf(type: string): string {
  return `${POLICY_DOMAIN}/${type}`;
}
