/**
 * The rules of namespaces: who may put one into a tenant, and that it stays there. Pure but for looking tenants up.
 *
 * An administrator names a tenant by a label, and the owner reference follows. A person of a tenant owns none here, so
 * that whatever they try with a namespace is refused. For everybody else, the administrators of Kubernetes included, a
 * namespace's tenant is fixed; what does not touch it is none of Capsule's business.
 * Source: `internal/webhook/namespace/{mutation,validation}` of Capsule 0.14.
 */
import type { CapsuleConfiguration, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Standing } from '../identity.ts';
import {
  managedMetadata,
  namesTenant,
  tenantLabel,
  tenantReference,
  tenantReferences,
} from '../tenant/namespace-metadata.ts';
import { label, NODE_SELECTOR_ANNOTATION } from '../vocabulary.ts';
import { type AdmissionRequest, failed, Refusal, type Verdict } from './review.ts';

export interface NamespaceRules {
  readonly standing: Standing;
  readonly configuration: CapsuleConfiguration | undefined;
  findTenant(name: string): Promise<Tenant | undefined>;
}

const MULTIPLE = 'namespace can not have multiple Tenant ownerReferences';
const INTO = 'namespace can not be patched into a tenant';
const NOT_FOUND = (name: string) => `tenants.capsule.clastix.io "${name}" not found`;
const MISMATCH = (name: string, owner: string) => `namespace label "${name}" does not match owner reference "${owner}"`;

/** Assigns a namespace to the tenant that it names. @throws Refusal */
export async function mutateNamespace(request: AdmissionRequest, rules: NamespaceRules): Promise<Verdict> {
  const { object: namespace, oldObject: before } = request;
  if (rules.standing === 'other' || !namespace || request.subResource) return {};
  if (request.operation === 'CREATE') return create(namespace, rules);
  if (!before || isTerminating(before) || isTerminating(namespace)) return {};
  const administrator = rules.standing === 'administrator';
  if (!administrator && namesTenant(before)) throw new Refusal('denied patch request for this namespace');
  const requested = await requestedTenant(namespace, rules);
  if (administrator) return requested ? assigned(namespace, requested) : {};
  throw new Refusal(requested ? INTO : 'namespace is not owned by any tenant');
}

async function create(namespace: KubeObject, rules: NamespaceRules): Promise<Verdict> {
  const name = namespace.metadata.labels?.[label.tenant];
  const tenant = name === undefined ? undefined : await rules.findTenant(name);
  if (name !== undefined && !tenant) throw failed(NOT_FOUND(name));
  if (rules.standing === 'user') {
    if (tenant) throw new Refusal('can not assign the desired namespace to a non-owned Tenant', 400);
    throw new Refusal('You do not have any Tenant assigned: please, reach out to the system administrators');
  }
  if (!tenant) return {};
  const prefix = tenant.spec?.forceTenantPrefix ?? rules.configuration?.spec?.forceTenantPrefix ?? false;
  if (prefix && !namespace.metadata.name.startsWith(`${tenant.metadata.name}-`)) {
    const told = `must start with '${tenant.metadata.name}-' when ForceTenantPrefix is enabled in the Tenant.`;
    throw new Refusal(`The Namespace name ${told}`);
  }
  return assigned(namespace, tenant);
}

/** @throws Refusal */
async function requestedTenant(namespace: KubeObject, rules: NamespaceRules): Promise<Tenant | undefined> {
  const [owner, ...more] = tenantReferences(namespace);
  const name = tenantLabel(namespace);
  if (more.length > 0) throw new Refusal(MULTIPLE);
  if (owner && name !== '' && name !== owner.name) throw new Refusal(MISMATCH(name, owner.name));
  const wanted = owner?.name ?? name;
  if (wanted === '') return undefined;
  const tenant = await rules.findTenant(wanted);
  if (!tenant) throw new Refusal(NOT_FOUND(wanted));
  return tenant;
}

function assigned({ metadata }: KubeObject, tenant: Tenant): Verdict {
  const { name } = tenant.metadata;
  const managed = managedMetadata(tenant);
  const reference = tenantReference(tenant);
  const owners = metadata.ownerReferences ?? [];
  const annotations = { ...metadata.annotations, ...managed.annotations };
  return {
    metadata: {
      labels: { ...metadata.labels, ...managed.labels, [label.namespaceName]: metadata.name, [label.tenant]: name },
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ownerReferences: owners.some(({ uid }) => uid === reference.uid) ? owners : [...owners, reference],
    },
  };
}

/** @throws Refusal */
export async function validateNamespace(request: AdmissionRequest, rules: NamespaceRules): Promise<Verdict> {
  const { object: namespace, oldObject: before, operation } = request;
  if (operation === 'DELETE') return validateDeletion(before, rules);
  if (!namespace) return {};
  if (operation === 'CREATE') return validateCreation(namespace, rules);
  if (!before) return {};
  if (request.subResource === 'finalize' || isTerminating(namespace) || isTerminating(before)) {
    const essence = (of: KubeObject) => JSON.stringify([tenantLabel(of), tenantReferences(of)]);
    if (essence(namespace) === essence(before)) return {};
    throw new Refusal('namespace tenant ownership can not change during termination');
  }
  const administrator = rules.standing === 'administrator';
  if (administrator) {
    const [owner, ...more] = tenantReferences(namespace);
    if (tenantLabel(namespace) !== (owner?.name ?? '') || more.length > 0) {
      throw new Refusal('tenant label and ownerReference must both be set consistently or both be absent');
    }
  } else {
    const [was, is] = [namesTenant(before), namesTenant(namespace)];
    if (!was && is) throw new Refusal(INTO);
    if (was && !is) throw new Refusal('namespace can not remove tenant ownership');
    if (!was) return {};
  }
  const tenant = await resolvedTenant(namespace, rules);
  const old = administrator
    ? await resolvedTenant(before, rules).catch(() => undefined)
    : await resolvedTenant(before, rules);
  if (!administrator && old?.metadata.uid !== tenant?.metadata.uid) {
    throw new Refusal('namespace can not be migrated between tenants');
  }
  if (!tenant) return {};
  refuseTermination(namespace, tenant);
  if (old?.metadata.uid !== tenant.metadata.uid) return {};
  refuseCordoned(tenant, rules.standing);
  return validateNodeSelector(namespace, before, tenant);
}

async function validateCreation(namespace: KubeObject, rules: NamespaceRules): Promise<Verdict> {
  if (rules.standing === 'other' && !namesTenant(namespace)) return {};
  const tenant = await resolvedTenant(namespace, rules);
  if (!tenant) return {};
  if (rules.standing === 'other') throw new Refusal('only tenant owners can create tenant-owned namespaces');
  refuseTermination(namespace, tenant);
  refuseCordoned(tenant, rules.standing);
  const { quota } = tenant.spec?.namespaceOptions ?? {};
  if (quota !== undefined && (tenant.status?.namespaces ?? []).length >= quota) {
    throw new Refusal('Cannot exceed Namespace quota: please, reach out to the system administrators');
  }
  return {};
}

async function validateDeletion(before: KubeObject | null, rules: NamespaceRules): Promise<Verdict> {
  if (!before || isTerminating(before)) return {};
  // A reference to a tenant that is gone must not make a namespace undeletable.
  const tenant = await resolvedTenant(before, rules).catch(() => undefined);
  if (tenant) refuseCordoned(tenant, rules.standing);
  return {};
}

/** The tenant that a namespace's label and owner reference agree on. @throws Refusal */
async function resolvedTenant(namespace: KubeObject, { findTenant }: NamespaceRules): Promise<Tenant | undefined> {
  const name = tenantLabel(namespace);
  const [owner, ...more] = tenantReferences(namespace);
  if (name === '' && !owner) return undefined;
  if (more.length > 0) throw failed(MULTIPLE);
  if (!owner) throw failed(`namespace has tenant label "${name}" but no Tenant ownerReference`);
  if (name === '') throw failed(`namespace has Tenant ownerReference "${owner.name}" but no tenant label`);
  const tenant = await findTenant(owner.name);
  if (!tenant) throw failed(NOT_FOUND(owner.name));
  if (owner.name !== name) throw failed(MISMATCH(name, owner.name));
  return tenant;
}

function isTerminating({ metadata, status }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined || (status as { phase?: string } | undefined)?.phase === 'Terminating'
  );
}

function refuseTermination({ metadata }: KubeObject, tenant: Tenant): void {
  const known = tenant.status?.namespaces?.includes(metadata.name) ?? false;
  if (tenant.metadata.deletionTimestamp === undefined || known) return;
  throw failed('tenant is terminating and does not accept new namespaces');
}

function refuseCordoned(tenant: Tenant, standing: Standing): void {
  if (tenant.spec?.cordoned && standing === 'user') throw new Refusal('the selected tenant is cordoned');
}

/** Not even Capsule may change it, so that a tenant's new node selector never reaches a namespace that is there. */
function validateNodeSelector(namespace: KubeObject, before: KubeObject, tenant: Tenant): Verdict {
  if (Object.keys(tenant.spec?.nodeSelector ?? {}).length === 0) return {};
  const [is, was] = [namespace, before].map(({ metadata }) => metadata.annotations?.[NODE_SELECTOR_ANNOTATION]);
  if (is === was && is !== undefined) return {};
  const change = is === undefined ? 'removed' : 'updated';
  throw new Refusal(`the annotation ${NODE_SELECTOR_ANNOTATION} is enforced via tenant, cannot be ${change}`);
}
