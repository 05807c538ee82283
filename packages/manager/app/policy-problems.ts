/** What is wrong with policies, wherever they stand: in a policy set of a tenant, or in one of a plan. */
import { catalogue } from '@kubenova/domain/policies/catalogue.ts';
import { pointer } from '@kubenova/domain/settings/pointer.ts';
import type { PolicySetSpec, PolicySpec, ProblemError } from '@kubenova/knapi/schemas.ts';
import { schemaProblems } from './schema.ts';

/** Everything that is wrong with the policies of one set, with pointers below `at`. */
export function policiesProblems(policies: readonly PolicySpec[], at: readonly string[]): ProblemError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ type, parameters = {} }, index) => {
    const where = [...at, String(index)];
    const policy = catalogue.get(type);
    if (policy === undefined) {
      const known = [...catalogue.keys()].join(', ');
      return [{ pointer: pointer(...where, 'type'), detail: `There is no policy ${type}. Known are: ${known}.` }];
    }
    if (seen.has(type)) {
      const detail = `The set has ${type} already. Put all that it is to say into one policy, or into another set.`;
      return [{ pointer: pointer(...where, 'type'), detail }];
    }
    seen.add(type);
    const below = pointer(...where, 'parameters');
    const wrong = schemaProblems(policy.schema, parameters);
    return wrong.map((problem) => ({ ...problem, pointer: `${below}${problem.pointer}` }));
  });
}

/** The same for several sets, whose names differ. */
export function policySetsProblems(sets: readonly PolicySetSpec[], at: readonly string[]): ProblemError[] {
  return sets.flatMap(({ name, policies }, index) => {
    const where = [...at, String(index)];
    const before = sets.slice(0, index).some((other) => other.name === name);
    const twice = { pointer: pointer(...where, 'name'), detail: `There are two policy sets named ${name}.` };
    return [...(before ? [twice] : []), ...policiesProblems(policies, [...where, 'policies'])];
  });
}
