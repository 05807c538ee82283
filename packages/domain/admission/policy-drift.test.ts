import { describe, expect, it } from 'vitest';
import { admissionPolicies } from '../admission-policies.ts';
import { POLICIES_VERSION } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { leftoverPolicies, policyDrift } from './policy-drift.ts';
import { ADMISSION_VERSION } from './policy-objects.ts';

const desired = admissionPolicies();
const name = 'kubenova-applications';
const matchConstraints = (desired[0] as { spec?: { matchConstraints?: object } }).spec?.matchConstraints;

/** The cluster as desired, but for one object. */
function clusterWith(kind: string, change: (object: Manifest) => Manifest | undefined): Manifest[] {
  return structuredClone(desired).flatMap((object) => {
    if (object.kind !== kind || object.metadata.name !== name) return [object];
    return change(object) ?? [];
  });
}
const policyWith = (fields: object) =>
  clusterWith('ValidatingAdmissionPolicy', (object) => ({
    ...object,
    spec: { ...(object.spec as object), ...fields },
  }));
const bindingWith = (fields: object) =>
  clusterWith('ValidatingAdmissionPolicyBinding', (object) => ({
    ...object,
    spec: { ...(object.spec as object), ...fields },
  }));
const versioned = (version?: string) =>
  clusterWith('ValidatingAdmissionPolicy', (object) => ({
    ...object,
    metadata: {
      name,
      labels: object.metadata.labels,
      ...(version !== undefined && { annotations: { [POLICIES_VERSION]: version } }),
    },
  }));

describe('policies of a cluster', () => {
  it('are as desired when every one is there, whatever else is', () => {
    const others = structuredClone(desired).map((object) => ({
      ...object,
      metadata: { ...object.metadata, name: `x-${object.metadata.name}` },
    }));
    expect(policyDrift([...desired, ...others], desired)).toEqual([]);
  });

  it.each<[string, Manifest[], string, string]>([
    [
      'a policy that is not there',
      clusterWith('ValidatingAdmissionPolicy', () => undefined),
      'missing',
      'is not there',
    ],
    [
      'a binding that is not there',
      clusterWith('ValidatingAdmissionPolicyBinding', () => undefined),
      'missing',
      'is not there',
    ],
    [
      'a condition by which it never matches',
      policyWith({ matchConditions: [{ name: 'never', expression: 'false' }] }),
      'altered',
      'was altered: spec.matchConditions',
    ],
    [
      'failures that are ignored',
      policyWith({ failurePolicy: 'Ignore' }),
      'altered',
      'was altered: spec.failurePolicy',
    ],
    [
      'resources that are left out',
      policyWith({
        matchConstraints: {
          ...matchConstraints,
          excludeResourceRules: [{}],
        },
      }),
      'altered',
      'was altered: spec.matchConstraints.excludeResourceRules',
    ],
    [
      'a selector of what it is about',
      policyWith({
        matchConstraints: {
          ...matchConstraints,
          objectSelector: { matchLabels: { a: 'b' } },
        },
      }),
      'altered',
      'was altered: spec.matchConstraints.objectSelector.matchLabels',
    ],
    [
      'a binding that only warns',
      bindingWith({ validationActions: ['Warn'] }),
      'altered',
      'was altered: spec.validationActions[0]',
    ],
    [
      'a binding of one namespace',
      bindingWith({ matchResources: { namespaceSelector: { matchLabels: { a: 'b' } } } }),
      'altered',
      'was altered: spec.matchResources',
    ],
    [
      'a policy without our label',
      clusterWith('ValidatingAdmissionPolicy', (object) => ({
        ...object,
        metadata: { ...object.metadata, labels: {} },
      })),
      'altered',
      'was altered: metadata.labels.app.kubernetes.io/managed-by',
    ],
    ['one of before versions', versioned(), 'older', 'is of the version before versions'],
    ['an older one', versioned('1'), 'older', 'is of version 1'],
    ['a newer one', versioned(String(ADMISSION_VERSION + 1)), 'newer', `is of version ${ADMISSION_VERSION + 1}`],
    ['a version that is none', versioned('soon'), 'older', 'is of the version before versions'],
  ])('%s', (_what, observed, kind, message) => {
    expect(policyDrift(observed, desired)).toMatchObject([{ desired: { metadata: { name } }, kind, message }]);
  });

  it('of an earlier version that are not wanted any more are left over, those of a later one are not', () => {
    const of = (version: string) => ({
      ...structuredClone(desired[0] as Manifest),
      metadata: { name: 'kubenova-gone', annotations: { [POLICIES_VERSION]: version } },
    });
    expect(leftoverPolicies([...desired, of('1')], desired)).toMatchObject([{ metadata: { name: 'kubenova-gone' } }]);
    expect(leftoverPolicies([...desired, of(String(ADMISSION_VERSION + 1))], desired)).toEqual([]);
  });
});
