import {
  createPolicySet,
  deletePolicySet,
  getPolicyCatalog,
  getPolicySet,
  listPolicySets,
  putPolicySet,
} from '../../app/policy-sets.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const policySetHandlers: Handlers<
  'getPolicyCatalog' | 'listPolicySets' | 'createPolicySet' | 'getPolicySet' | 'putPolicySet' | 'deletePolicySet'
> = {
  getPolicyCatalog: plain(getPolicyCatalog),
  listPolicySets: withQuery(listPolicySets),
  createPolicySet: withBody(createPolicySet),
  getPolicySet: plain(getPolicySet),
  putPolicySet: withBody(putPolicySet),
  deletePolicySet: plain(deletePolicySet),
};
