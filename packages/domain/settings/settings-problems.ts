/** What a tenant's settings may be, whoever sets them: a plan, a tenant, or a placement. */
import type { PlacementSpec, ProblemError } from '@kubenova/knapi/schemas.ts';
import { isLabelValue, isQualifiedName, QUALIFIED_NAME_FORM } from './kubernetes-names.ts';
import { limitProblems } from './limit-problems.ts';
import { networkPolicyProblems } from './network-policy-problems.ts';
import { pointer } from './pointer.ts';
import { quotaProblems } from './quota-problems.ts';

/** The kinds of settings. */
export type SettingKind = keyof PlacementSpec;

const CHECKS: { [Kind in SettingKind]-?: (value: NonNullable<PlacementSpec[Kind]>, at: string[]) => ProblemError[] } = {
  quotas: quotaProblems,
  limits: limitProblems,
  networkPolicies: networkPolicyProblems,
  nodeSelector: nodeSelectorProblems,
};

/** Everything that is wrong with settings, with pointers below `at`; what is left out is not wrong. */
export function settingsProblems(settings: PlacementSpec, at: string[] = []): ProblemError[] {
  const { quotas, limits, networkPolicies, nodeSelector } = settings;
  return [
    ...(quotas === undefined ? [] : CHECKS.quotas(quotas, [...at, 'quotas'])),
    ...(limits === undefined ? [] : CHECKS.limits(limits, [...at, 'limits'])),
    ...(networkPolicies === undefined ? [] : CHECKS.networkPolicies(networkPolicies, [...at, 'networkPolicies'])),
    ...(nodeSelector === undefined ? [] : CHECKS.nodeSelector(nodeSelector, [...at, 'nodeSelector'])),
  ];
}

/** What is wrong with the value of one kind, as the whole of a body. */
export function settingProblems<Kind extends SettingKind>(
  kind: Kind,
  value: NonNullable<PlacementSpec[Kind]>,
): ProblemError[] {
  return CHECKS[kind](value, []);
}

function nodeSelectorProblems(selector: Record<string, string>, at: string[]): ProblemError[] {
  return Object.entries(selector).flatMap(([key, value]) => {
    if (!isQualifiedName(key)) {
      return [{ pointer: pointer(...at, key), detail: `The key of a label takes ${QUALIFIED_NAME_FORM}.` }];
    }
    return isLabelValue(value) ? [] : [{ pointer: pointer(...at, key), detail: `${value} is no value of a label.` }];
  });
}
