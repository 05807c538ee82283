/**
 * The labels and annotations by which KubeNova knows its own objects on a cluster. Manager and Agent find things by these
 * alone, never by the form of a name.
 */
import type { SourceKind } from '@kubenova/knapi/schemas.ts';
import type { AppIdentity, SandboxIdentity, TenantIdentity } from './identity.ts';

export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGED_BY_KUBENOVA = 'kubenova';
export const TENANT_ID = 'kubenova.io/tenant-id';
export const PROJECT_ID = 'kubenova.io/project-id';
export const APP_ID = 'kubenova.io/app-id';
export const SANDBOX_ID = 'kubenova.io/sandbox-id';
export const SOURCE_KIND = 'kubenova.io/source-kind';
export const SANDBOX = 'kubenova.io/sandbox';
/** `vela` on everything that KubeVela makes for an App; admission policies protect what bears it. */
export const DELIVERED_BY = 'kubenova.io/managed-by';
export const DELIVERED_BY_VELA = 'vela';

/** Names for people who read labels; nothing decides by them. */
export const TENANT_NAME = 'kubenova.io/tenant';
export const PROJECT_NAME = 'kubenova.io/project';
export const APP_NAME = 'kubenova.io/app';

/** A hash of the object as it was last applied, so that a field that is no longer desired is noticed. */
export const DESIRED_HASH = 'kubenova.io/desired-hash';
/** On each admission policy of ours: the version of all of them. */
export const POLICIES_VERSION = 'kubenova.io/policies-version';
/** Changing it on an Application makes KubeVela look for drift at once. */
export const POKED_AT = 'kubenova.io/poked-at';

/** The owners of a tenant on its Capsule Tenant, as JSON; people are never owners in Capsule's own sense. */
export const OWNERS = 'kubenova.io/owners';
/** What is in a namespace of ours, as a hash over the names: what is missing though it stands there was taken away. */
export const CONTENTS = 'kubenova.io/contents';
/** On a namespace: the labels of the nodes on which its pods may run; the PodNodeSelector admission plugin reads it. */
export const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';

/** Puts a namespace into a Capsule Tenant; Capsule heeds it from its administrators only. */
export const CAPSULE_TENANT = 'capsule.clastix.io/tenant';
/** Makes capsule-proxy's reflector count a RoleBinding. */
export const PROXY_REFLECTION = 'reflection.proxy.projectcapsule.dev/enabled';

export const VELA_COMPONENT = 'app.oam.dev/component';
export const VELA_SERVICE_ACCOUNT = 'app.oam.dev/service-account-name';
export const VELA_USERNAME = 'app.oam.dev/username';
export const VELA_GROUP = 'app.oam.dev/group';
export const VELA_PUBLISH_VERSION = 'app.oam.dev/publishVersion';

/** When a sandbox is deleted (RFC 3339), for people who look at its namespace. */
export const EXPIRES_AT = 'kubenova.io/expires-at';

type Labels = Record<string, string>;

/** What every object that KubeNova writes bears. */
export function baseLabels(): Labels {
  return { [MANAGED_BY]: MANAGED_BY_KUBENOVA };
}

/** For a tenant's objects that belong to no project: its Capsule Tenant, its state. */
export function tenantLabels(tenant: TenantIdentity): Labels {
  return { ...baseLabels(), [TENANT_ID]: tenant.id, [TENANT_NAME]: tenant.name };
}

/** For an App's namespace, account, bindings and state. */
export function appLabels(
  app: Pick<AppIdentity, 'id' | 'name' | 'tenant' | 'project'>,
  sourceKind?: SourceKind,
): Labels {
  return {
    ...tenantLabels(app.tenant),
    [PROJECT_ID]: app.project.id,
    [PROJECT_NAME]: app.project.name,
    [APP_ID]: app.id,
    [APP_NAME]: app.name,
    ...(sourceKind === undefined ? {} : { [SOURCE_KIND]: sourceKind }),
  };
}

/** For an Application and, since KubeVela hands them down, everything that it makes. */
export function velaLabels(
  app: Pick<AppIdentity, 'id' | 'name' | 'tenant' | 'project'>,
  sourceKind: SourceKind,
): Labels {
  return { ...appLabels(app, sourceKind), [DELIVERED_BY]: DELIVERED_BY_VELA };
}

/** For a sandbox's namespace and bindings. */
export function sandboxLabels(sandbox: Pick<SandboxIdentity, 'id' | 'tenant' | 'project'>): Labels {
  return {
    ...tenantLabels(sandbox.tenant),
    [PROJECT_ID]: sandbox.project.id,
    [PROJECT_NAME]: sandbox.project.name,
    [SANDBOX_ID]: sandbox.id,
    [SANDBOX]: 'true',
  };
}

/** `a=b,c=d`, as a list or watch takes it. */
export function selector(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** Selects everything that KubeNova wrote itself. */
export const MANAGED_SELECTOR: string = selector(baseLabels());

const RESERVED_DOMAINS = [
  'kubenova.io',
  'oam.dev',
  'capsule.clastix.io',
  'projectcapsule.dev',
  'kubernetes.io',
  'k8s.io',
] as const;

/** Recommended labels that a user may well set, although their domain is Kubernetes' own. */
const FREE_KEYS: ReadonlySet<string> = new Set([
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/version',
  'app.kubernetes.io/component',
  'app.kubernetes.io/part-of',
]);

/**
 * True for a key that KubeNova, KubeVela, Capsule or Kubernetes give a meaning to, so that an App's own labels may not
 * set it: a label of an App reaches everything that KubeVela makes for it.
 */
export function isReservedLabel(key: string): boolean {
  if (FREE_KEYS.has(key)) return false;
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  return RESERVED_DOMAINS.some((reserved) => domain === reserved || domain.endsWith(`.${reserved}`));
}

/**
 * True for a key by which KubeNova, KubeVela or Capsule are steered: an App's objects may carry it neither as a label
 * nor as an annotation. `app.oam.dev/username` on an Application, for one, makes KubeVela act as whoever it names.
 */
export function isControlKey(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  return RESERVED_DOMAINS.slice(0, 4).some((reserved) => domain === reserved || domain.endsWith(`.${reserved}`));
}
