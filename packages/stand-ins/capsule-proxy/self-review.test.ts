import { expect, it } from 'vitest';
import { amended } from './self-review.ts';

const review = (resource: string, verb: string) => ({
  kind: 'SelfSubjectAccessReview',
  spec: { resourceAttributes: { resource, verb } },
  status: { allowed: false, denied: true },
});

it('everybody may list namespaces through the proxy, and no more than that', () => {
  expect(amended(review('namespaces', 'list')).status).toEqual({
    allowed: true,
    denied: false,
    reason: 'granted by capsule-proxy',
  });
  expect(amended(review('namespaces', 'delete')).status).toEqual({ allowed: false, denied: true });
  expect(amended(review('pods', 'list')).status).toEqual({ allowed: false, denied: true });
});

it('the rules that the server found are kept', () => {
  const found = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
  const rules = amended({ kind: 'SelfSubjectRulesReview', status: { resourceRules: [found] } }).status?.resourceRules;
  expect(rules).toEqual([found, { verbs: ['list'], apiGroups: [''], resources: ['namespaces'] }]);
});
