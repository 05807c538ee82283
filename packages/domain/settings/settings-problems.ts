/** What a tenant's settings may be, whoever sets them: a plan, a tenant, or a placement. */
import type { PlacementSpec, ProblemError } from '@kubenova/knapi/schemas.ts';
import { isLabelValue, isQualifiedName, QUALIFIED_NAME_FORM } from './kubernetes-names.ts';
import { limitProblems } from './limit-problems.ts';
import { networkPolicyProblems } from './network-policy-problems.ts';
import { pointer } from './pointer.ts';
import { quotaProblems } from './quota-problems.ts';

/** The kinds of settings. */
export type SettingKind = keyof PlacementSpec;

/** Everything that is wrong with settings, with pointers below `at`; what is left out is not wrong. */
export function settingsProblems(settings: PlacementSpec, at: readonly string[] = []): ProblemError[] {
  const { quotas = {}, limits = [], networkPolicies = [], nodeSelector = {} } = settings;
  return [
    ...quotaProblems(quotas, [...at, 'quotas']),
    ...limitProblems(limits, [...at, 'limits']),
    ...networkPolicyProblems(networkPolicies, [...at, 'networkPolicies']),
    ...nodeSelectorProblems(nodeSelector, [...at, 'nodeSelector']),
  ];
}

/** What is wrong with the value of one kind, with pointers into a body that is the value alone. */
export function settingProblems<Kind extends SettingKind>(kind: Kind, value: PlacementSpec[Kind]): ProblemError[] {
  const problems = settingsProblems({ [kind]: value });
  return problems.map((problem) => ({ ...problem, pointer: problem.pointer.slice(kind.length + 1) }));
}

function nodeSelectorProblems(selector: Record<string, string>, at: readonly string[]): ProblemError[] {
  return Object.entries(selector).flatMap(([key, value]) => {
    if (!isQualifiedName(key)) {
      return [{ pointer: pointer(...at, key), detail: `The key of a label takes ${QUALIFIED_NAME_FORM}.` }];
    }
    return isLabelValue(value) ? [] : [{ pointer: pointer(...at, key), detail: `${value} is no value of a label.` }];
  });
}
