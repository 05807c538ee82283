/**
 * A tenant's presence on a cluster: the Capsule Tenant itself, and the ConfigMap `tenant-<id>` in `kubenova-system` that
 * carries it, so that the Agent can put it back while the Manager is away.
 *
 * The Capsule Tenant has no owners. An owner could create namespaces, and a member with no rights of its own but those
 * of our RoleBindings is exactly what is wanted; people are Capsule *users* by the group `kubenova-users`.
 *
 * `spec.nodeSelector` is left alone: Capsule 0.14 writes it on namespaces and then refuses its own change of it. The node
 * selector stands on the namespaces themselves, see `tenancy.ts`.
 * Field names: `api/v1beta2/tenant_types.go` of Capsule 0.14.
 */
import type { EffectiveSettings, Owner } from '@kubenova/knapi/schemas.ts';
import { canonicalJson } from './canonical-json.ts';
import type { TenantIdentity } from './identity.ts';
import { OWNERS, tenantLabels } from './labels.ts';
import { isRecord, type Manifest } from './manifest.ts';
import { SYSTEM_NAMESPACE, tenantConfigMapName } from './names.ts';
import { failure, type Result, success } from './result.ts';

/** The key of the Capsule Tenant in the ConfigMap's data. */
export const TENANT_STATE_KEY = 'tenant.json';

/** Where Capsule's Tenant is served. */
export const CAPSULE_TENANT_API_VERSION = 'capsule.clastix.io/v1beta2';

/** Why a ConfigMap is not a tenant's desired state. */
export interface TenantStateError {
  code: 'no-data' | 'not-json' | 'not-a-tenant' | 'misplaced';
  message: string;
}

/** What a Capsule Tenant is made of. What is left out is not set. */
export interface TenantInput {
  tenant: TenantIdentity;
  settings: Partial<EffectiveSettings>;
  owners?: readonly Owner[];
  /** Fields of `spec` that policies ask for. */
  policyFields?: Readonly<Record<string, unknown>>;
}

/**
 * The Capsule Tenant of a tenant that is placed on a cluster.
 *
 * Deleting a Capsule Tenant deletes its namespaces, so `preventDeletion` is always set; whoever takes a placement away
 * clears it first with {@link removableCapsuleTenant}.
 */
export function capsuleTenant(input: TenantInput): Manifest {
  return tenantManifest(input, true);
}

/** The same Capsule Tenant with its protection cleared, to be applied right before it is deleted. */
export function removableCapsuleTenant(input: TenantInput): Manifest {
  return tenantManifest(input, false);
}

/** The ConfigMap that carries a Capsule Tenant to the Agent. */
export function tenantStateConfigMap(input: TenantInput): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: tenantConfigMapName(input.tenant.id),
      namespace: SYSTEM_NAMESPACE,
      labels: tenantLabels(input.tenant),
    },
    data: { [TENANT_STATE_KEY]: JSON.stringify(capsuleTenant(input)) },
  };
}

/** Reads the Capsule Tenant out of a tenant's ConfigMap; anything else that it might hold is refused. */
export function readTenantState(configMap: Manifest): Result<Manifest, TenantStateError> {
  const title = `ConfigMap ${configMap.metadata.namespace ?? ''}/${configMap.metadata.name}`;
  const text = isRecord(configMap.data) ? configMap.data[TENANT_STATE_KEY] : undefined;
  if (typeof text !== 'string') return failure({ code: 'no-data', message: `${title} has no ${TENANT_STATE_KEY}.` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failure({ code: 'not-json', message: `${title}: ${TENANT_STATE_KEY} is not JSON.` });
  }
  if (!isCapsuleTenant(value)) {
    return failure({ code: 'not-a-tenant', message: `${title}: ${TENANT_STATE_KEY} is not a Capsule Tenant.` });
  }
  if (configMap.metadata.namespace !== SYSTEM_NAMESPACE) {
    return failure({ code: 'misplaced', message: `${title} is not in ${SYSTEM_NAMESPACE}.` });
  }
  return success(value);
}

function tenantManifest(input: TenantInput, preventDeletion: boolean): Manifest {
  const { tenant, settings, owners = [], policyFields = {} } = input;
  const { quotas: hard = {}, limits = [], networkPolicies = [] } = settings;
  const annotations = owners.length === 0 ? undefined : { [OWNERS]: canonicalJson(owners) };
  return {
    apiVersion: CAPSULE_TENANT_API_VERSION,
    kind: 'Tenant',
    metadata: {
      name: tenant.name,
      labels: tenantLabels(tenant),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      ...policyFields,
      // Namespaces are named tn-…; with the prefix Capsule would demand <tenant>-….
      forceTenantPrefix: false,
      preventDeletion,
      // What is empty is said too: lists are owned whole, so that an owner or a quota that somebody adds is taken away.
      owners: [],
      additionalRoleBindings: [],
      resourceQuotas: { scope: 'Tenant', items: Object.keys(hard).length === 0 ? [] : [{ hard }] },
      // One LimitRange with an item for each type: two of them would both hold, and defaults of which would be chance.
      limitRanges: { items: limits.length === 0 ? [] : [{ limits }] },
      networkPolicies: { items: networkPolicies },
    },
  };
}

function isCapsuleTenant(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    value.apiVersion === CAPSULE_TENANT_API_VERSION &&
    value.kind === 'Tenant' &&
    isRecord(value.metadata) &&
    typeof value.metadata.name === 'string' &&
    isRecord(value.spec)
  );
}
