/**
 * What all policy sets of a tenant on a cluster come to: those of its plan and its own. A type that more than one set
 * names holds as strictly as the strictest of them in every respect: what one forbids is forbidden.
 */
import type { PolicySetSpec } from '@kubenova/knapi/schemas.ts';
import { isRecord } from '../manifest.ts';
import { catalogue } from './catalogue.ts';
import type { PolicyEffects } from './policy-type.ts';

/** The effects, and the types that this version does not know: they are not in force, which has to be told. */
export type EffectsOfSets = PolicyEffects & { unknown: string[] };

/** The parameters that hold for each type, after the strictest of all sets, by type in the catalogue's order. */
export function effectivePolicies(sets: readonly PolicySetSpec[]): Map<string, Record<string, unknown>> {
  const effective = new Map<string, Record<string, unknown>>();
  for (const [type, policy] of catalogue) {
    const said = sets.flatMap(({ policies }) => policies).filter((one) => one.type === type);
    const [first, ...others] = said.map(({ parameters }) => parameters ?? {});
    if (first === undefined) continue;
    effective.set(
      type,
      others.reduce((one, other) => policy.strictest(one, other), first),
    );
  }
  return effective;
}

/** Everything that has to be written for these sets. No sets, no effects: whatever was written before has to go. */
export function policyEffects(sets: readonly PolicySetSpec[]): EffectsOfSets {
  const effects: EffectsOfSets = { capsule: {}, annotations: {}, labels: {}, kyvernoRules: [], unknown: [] };
  for (const [type, parameters] of effectivePolicies(sets)) {
    const effect = catalogue.get(type)?.effect(parameters);
    effects.capsule = mergedFields(effects.capsule, effect?.capsule ?? {});
    Object.assign(effects.annotations, effect?.annotations);
    Object.assign(effects.labels, effect?.labels);
    effects.kyvernoRules.push(...(effect?.kyvernoRules ?? []));
  }
  const named = new Set(sets.flatMap(({ policies }) => policies.map(({ type }) => type)));
  effects.unknown = [...named].filter((type) => !catalogue.has(type)).sort();
  return effects;
}

/** Two policies may set different members of one field, as of `ingressOptions`. */
function mergedFields(one: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = merged[key];
    merged[key] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
  }
  return merged;
}
