import { deletePlacement, getPlacement, listPlacements, placeTenant, putPlacement } from '../../app/placements.ts';
import { deletePlacementSetting, putPlacementSetting, putTenantSetting } from '../../app/settings.ts';
import {
  createTenant,
  deleteTenant,
  getTenant,
  listTenants,
  putTenantOwners,
  putTenantPlan,
  updateTenant,
} from '../../app/tenants.ts';
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
  | 'placeTenant'
  | 'putTenantPlan'
  | 'putTenantOwners'
  | 'putTenantQuotas'
  | 'putTenantLimits'
  | 'putTenantNetworkPolicies'
  | 'putTenantNodeSelector'
  | 'putPlacementQuotas'
  | 'putPlacementLimits'
  | 'putPlacementNetworkPolicies'
  | 'putPlacementNodeSelector'
  | 'deletePlacementQuotas'
  | 'deletePlacementLimits'
  | 'deletePlacementNetworkPolicies'
  | 'deletePlacementNodeSelector'
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
  placeTenant: withBody(placeTenant),
  putTenantPlan: withBody(putTenantPlan),
  putTenantOwners: withBody(putTenantOwners),
  putTenantQuotas: withBody(putTenantSetting('quotas')),
  putTenantLimits: withBody(putTenantSetting('limits')),
  putTenantNetworkPolicies: withBody(putTenantSetting('networkPolicies')),
  putTenantNodeSelector: withBody(putTenantSetting('nodeSelector')),
  putPlacementQuotas: withBody(putPlacementSetting('quotas')),
  putPlacementLimits: withBody(putPlacementSetting('limits')),
  putPlacementNetworkPolicies: withBody(putPlacementSetting('networkPolicies')),
  putPlacementNodeSelector: withBody(putPlacementSetting('nodeSelector')),
  deletePlacementQuotas: plain(deletePlacementSetting('quotas')),
  deletePlacementLimits: plain(deletePlacementSetting('limits')),
  deletePlacementNetworkPolicies: plain(deletePlacementSetting('networkPolicies')),
  deletePlacementNodeSelector: plain(deletePlacementSetting('nodeSelector')),
};
