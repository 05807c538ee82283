import { deletePlacement, getPlacement, listPlacements, putPlacement } from '../../app/placements.ts';
import { createTenant, deleteTenant, getTenant, listTenants, updateTenant } from '../../app/tenants.ts';
import { type Handlers, plain, withBody, withQuery } from './handler.ts';

export const tenantHandlers: Handlers<
  | 'listTenants'
  | 'createTenant'
  | 'getTenant'
  | 'updateTenant'
  | 'deleteTenant'
  | 'listPlacements'
  | 'getPlacement'
  | 'putPlacement'
  | 'deletePlacement'
> = {
  listTenants: withQuery(listTenants),
  createTenant: withBody(createTenant),
  getTenant: plain(getTenant),
  updateTenant: withBody(updateTenant),
  deleteTenant: plain(deleteTenant),
  listPlacements: withQuery(listPlacements),
  getPlacement: plain(getPlacement),
  putPlacement: withBody(putPlacement),
  deletePlacement: plain(deletePlacement),
};
