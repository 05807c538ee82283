/** Plans that say nothing, and one that there is not. */
import { acme, type BadInput, badInputOf } from './operation.ts';

export const badPlans: readonly BadInput[] = [
  ...badInputOf({ method: 'PUT', path: `${acme}/plan` }, [
    { reason: 'a plan that there is not', body: { plan: 'platinum' }, pointer: '/plan', says: /no plan platinum/ },
  ]),
  ...badInputOf({ method: 'PUT', path: '/api/v1/plans/bronze' }, [
    {
      reason: 'a plan without a spec',
      body: { displayName: 'Bronze' },
      pointer: '/spec',
      says: /needed|required|missing/i,
    },
  ]),
];
