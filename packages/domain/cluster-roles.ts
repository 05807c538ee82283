/** Names of the ClusterRoles that KubeNova puts on a cluster; `cluster-baseline.ts` says what each may do. */

/** A tenant's people in an app namespace: read, logs, exec, attach, port-forward; no Secrets, no writes. */
export const APP_READER_ROLE = 'kubenova-app-reader';
/** A tenant's read-only people in an app namespace: read and logs; no Secrets. */
export const VIEWER_ROLE = 'kubenova-viewer';
/** A tenant's people in a sandbox. */
export const SANDBOX_EDITOR_ROLE = 'kubenova-sandbox-editor';
/** Secrets in a sandbox, for a tenant's people; bound without reflection. */
export const SANDBOX_SECRETS_ROLE = 'kubenova-sandbox-secrets';
/** A tenant's read-only people in a sandbox: read and logs; no Secrets. */
export const SANDBOX_VIEWER_ROLE = 'kubenova-sandbox-viewer';
/** KubeVela, acting for an App in its namespace. */
export const DEPLOYER_ROLE = 'kubenova-deployer';
/** The Agent in an app namespace. */
export const AGENT_APP_ROLE = 'kubenova-agent-app';
/** The Agent, cluster-wide: it may watch, and keep Capsule Tenants. */
export const AGENT_ROLE = 'kubenova-agent';
/** The Manager's own identity on the cluster. */
export const MANAGER_ROLE = 'kubenova-manager';
/** KubeVela's controller, without being cluster-admin. */
export const VELA_CORE_ROLE = 'kubenova-vela-core';
