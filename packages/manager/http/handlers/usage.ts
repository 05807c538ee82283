import { getPlacementSummary, getProjectUsage, getTenantSummary, getTenantUsage } from '../../app/usage.ts';
import { type Handlers, plain, withQuery } from './handler.ts';

export const usageHandlers: Handlers<
  'getTenantUsage' | 'getProjectUsage' | 'getTenantSummary' | 'getPlacementSummary'
> = {
  getTenantUsage: withQuery(getTenantUsage),
  getProjectUsage: withQuery(getProjectUsage),
  getTenantSummary: plain(getTenantSummary),
  getPlacementSummary: plain(getPlacementSummary),
};
