/**
 * Every name that KubeNova gives to something on a cluster, as pure functions.
 *
 * A namespace is a DNS-1123 label of at most 63 characters. The readable form, `tn-<tenant>-<project>-app-<app>`, can be
 * longer than that; it then keeps its head and ends in `-` and 8 hex digits of a SHA-256 over the full name. Joining by
 * `-` is not injective: (`a-b`, `c`) and (`a`, `b-c`) give one name. Nothing here resolves that: (cluster, namespace) is
 * unique in the database and the second create is refused. So no code may ever read a tenant out of a name; labels and
 * owner references say who owns a namespace.
 */
import { createHash } from 'node:crypto';

/** Where the Manager leaves desired state for the Agent, and where the Agent lives. */
export const SYSTEM_NAMESPACE = 'kubenova-system';
/** Where shared credentials of tenants lie, each labelled with its tenant. */
export const CREDENTIALS_NAMESPACE = 'kubenova-credentials';
/** Where KubeVela lives. */
export const VELA_NAMESPACE = 'vela-system';
/** The ServiceAccount of every app namespace as which KubeVela deploys. */
export const DEPLOYER = 'kubenova-deployer';
/** The one group that makes people known to Capsule; every token that KubeNova mints carries it. */
export const USERS_GROUP = 'kubenova-users';
/** The group of Capsule administrators that KubeNova's operators may use. */
export const ADMINISTRATORS_GROUP = 'kubenova-system-administrators';
/** Where people's ServiceAccounts are on clusters that do not trust KubeNova's issuer. */
export const MEMBERS_NAMESPACE = 'kubenova-members';
/** ServiceAccounts in {@link SYSTEM_NAMESPACE}. */
export const MANAGER_ACCOUNT = 'kubenova-manager';
export const AGENT_ACCOUNT = 'kubenova-agent';
/** Field managers of server-side applies. */
export const MANAGER_FIELD_MANAGER = 'kubenova-manager';
export const AGENT_FIELD_MANAGER = 'kubenova-agent';
/** The Agent's leader election, whose renewals are also its heartbeat. */
export const AGENT_LEASE = 'kubenova-agent';
/** The ConfigMap in which the Agent tells its version and capabilities. */
export const AGENT_STATUS_CONFIG_MAP = 'kubenova-agent-status';

/** The longest DNS-1123 label (RFC 1123). */
export const MAX_LABEL_LENGTH = 63;
/** The longest name of a cluster, tenant, project or App. */
export const MAX_NAME_LENGTH = 40;
/** The highest sandbox number; from 1000 on the number simply takes more digits. */
export const MAX_SANDBOX_NUMBER = 999_999;

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HASH_DIGITS = 8;

/** True when `text` has the form of a UUID, and so names an object by its id. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** True for a DNS-1123 label of at most 63 characters. */
export function isDnsLabel(text: string): boolean {
  return text.length <= MAX_LABEL_LENGTH && DNS_LABEL.test(text);
}

/** What is wrong with a name of a cluster, tenant, project or App, and what to do; undefined when it is good. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'A name is needed.';
  if (name.length > MAX_NAME_LENGTH) {
    return `The name has ${name.length} characters; shorten it to at most ${MAX_NAME_LENGTH}.`;
  }
  if (!DNS_LABEL.test(name)) {
    return 'A name consists of lower-case letters, digits and hyphens, and begins and ends with a letter or a digit.';
  }
  if (isUuid(name)) return 'A name may not look like a UUID, because paths take either.';
  return undefined;
}

/** The namespace of an App: `tn-<tenant>-<project>-app-<app>`, hashed when it would be longer than 63 characters. */
export function appNamespace(names: { tenant: string; project: string; app: string }): string {
  return fitLabel(`tn-${names.tenant}-${names.project}-app-${names.app}`);
}

/** The namespace of a sandbox: `tn-<tenant>-<project>-sbx-<NNN>`, hashed when it would be longer than 63 characters. */
export function sandboxNamespace(names: { tenant: string; project: string; number: number }): string {
  return fitLabel(`tn-${names.tenant}-${names.project}-${sandboxName(names.number)}`);
}

/**
 * `sbx-001` for 1. Numbers above 999 take as many digits as they need.
 *
 * @throws RangeError when the number is not a positive integer.
 */
export function sandboxName(number: number): string {
  if (!Number.isSafeInteger(number) || number < 1 || number > MAX_SANDBOX_NUMBER) {
    throw new RangeError(`A sandbox number is an integer from 1 to ${MAX_SANDBOX_NUMBER}, not ${number}.`);
  }
  return `sbx-${String(number).padStart(3, '0')}`;
}

/** The group of a tenant's people. */
export function devsGroup(tenant: string): string {
  return `${tenant}-devs`;
}

/** The group of a tenant's read-only people. */
export function viewersGroup(tenant: string): string {
  return `${tenant}-viewers`;
}

/** The group of a project's own people. A name holds no slash, so that it can be no tenant's group. */
export function projectDevsGroup(tenant: string, project: string): string {
  return `${tenant}/${project}-devs`;
}

/** The group of a project's own read-only people. */
export function projectViewersGroup(tenant: string, project: string): string {
  return `${tenant}/${project}-viewers`;
}

/**
 * The ServiceAccount of those who are in a tenant's or a project's group: `acme.devs`, `acme.shop.viewers`. A name holds
 * no dot, so that no two memberships share an account; it has at most 90 characters of the 253 that are allowed.
 */
export function memberAccount(tenant: string, project: string | undefined, kind: 'devs' | 'viewers'): string {
  return [tenant, ...(project === undefined ? [] : [project]), kind].join('.');
}

/** The group that Kubernetes gives to every ServiceAccount of a namespace. */
export function serviceAccountsGroup(namespace: string): string {
  return `system:serviceaccounts:${namespace}`;
}

/** The audience of tokens for a cluster; its API server accepts no other. */
export function clusterAudience(clusterName: string): string {
  return `kubenova:${clusterName}`;
}

/** The user name that Kubernetes gives to a ServiceAccount. */
export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The ConfigMap that carries an App's desired state and the Agent's report. */
export function appConfigMapName(appId: string): string {
  return `app-${appId}`;
}

/** The ConfigMap that carries a tenant's desired Capsule Tenant. */
export function tenantConfigMapName(tenantId: string): string {
  return `tenant-${tenantId}`;
}

/** The first `digits` hex digits of the SHA-256 over a text. */
export function shortHash(text: string, digits: number = HASH_DIGITS): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, digits);
}

function fitLabel(full: string): string {
  if (full.length <= MAX_LABEL_LENGTH) return full;
  const head = full.slice(0, MAX_LABEL_LENGTH - HASH_DIGITS - 1).replace(/-+$/, '');
  return `${head}-${shortHash(full)}`;
}
