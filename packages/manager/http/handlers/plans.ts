import { deletePlan, getPlan, listPlans, putPlan } from '../../app/plans.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const planHandlers: Handlers<'listPlans' | 'getPlan' | 'putPlan' | 'deletePlan'> = {
  listPlans: withQuery(listPlans),
  getPlan: plain(getPlan),
  putPlan: withBody(putPlan),
  deletePlan: plain(deletePlan),
};
