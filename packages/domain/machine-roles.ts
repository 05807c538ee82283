/**
 * What KubeNova's own programs may do on a cluster: the Agent, the Manager, KubeVela acting for an App, and KubeVela's
 * controller itself.
 */
import {
  AGENT_APP_ROLE,
  AGENT_ROLE,
  APP_READER_ROLE,
  DEPLOYER_ROLE,
  MANAGER_ROLE,
  SANDBOX_EDITOR_ROLE,
  SANDBOX_SECRETS_ROLE,
  SANDBOX_VIEWER_ROLE,
  VELA_CORE_ROLE,
  VIEWER_ROLE,
} from './cluster-roles.ts';
import { deliverableResources } from './deliverable-kinds.ts';
import { KYVERNO_POLICY } from './kyverno-policy.ts';
import { baseLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { DEPLOYER } from './names.ts';
import { clusterRole, type PolicyRule } from './rbac-objects.ts';
import { SANDBOX_EXPIRING_EVENT, SANDBOX_QUOTA } from './sandbox-objects.ts';
import { readRules } from './tenant-roles.ts';

const READ = ['get', 'list', 'watch'];
const CAPSULE = 'capsule.clastix.io';
const VELA = 'core.oam.dev';
const DEFINITIONS = ['componentdefinitions', 'policydefinitions', 'traitdefinitions', 'workflowstepdefinitions'];

/**
 * KubeVela acting for an App. It reads an object, creates it or patches it, and deletes what is no longer wanted; it
 * neither lists nor watches what it made, and never updates.
 */
export function deployerRole(): Manifest {
  const rules = [...deliverableResources()].map(([group, resources]) => ({
    apiGroups: [group],
    resources,
    verbs: ['get', 'create', 'patch', 'delete'],
  }));
  return clusterRole(DEPLOYER_ROLE, rules, baseLabels());
}

/** The Agent in an app namespace, by RoleBinding only: Applications, what they became, and the secrets that are named. */
export function agentAppRole(): Manifest {
  return clusterRole(
    AGENT_APP_ROLE,
    [
      {
        apiGroups: [VELA],
        resources: ['applications'],
        verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'],
      },
      { apiGroups: [VELA], resources: ['applicationrevisions'], verbs: READ },
      ...readRules(),
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
    ],
    baseLabels(),
  );
}

/** The Agent cluster-wide: it may watch, and keep Capsule Tenants as they were placed. */
export function agentRole(): Manifest {
  return clusterRole(
    AGENT_ROLE,
    [
      { apiGroups: [''], resources: ['namespaces'], verbs: READ },
      { apiGroups: [VELA], resources: ['applications', 'resourcetrackers', ...DEFINITIONS], verbs: READ },
      { apiGroups: [CAPSULE], resources: ['tenants'], verbs: [...READ, 'create', 'patch'] },
      { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: READ },
    ],
    baseLabels(),
  );
}

/**
 * The Manager: namespaces, their accounts and bindings, Capsule Tenants, and read access to what it shows. It may bind
 * the roles of this baseline and no other, so that its identity cannot be used to make an administrator.
 */
export function managerRole(): Manifest {
  const write = ['create', 'update', 'patch', 'delete'];
  const bindable = [
    AGENT_APP_ROLE,
    APP_READER_ROLE,
    DEPLOYER_ROLE,
    SANDBOX_EDITOR_ROLE,
    SANDBOX_SECRETS_ROLE,
    SANDBOX_VIEWER_ROLE,
    VIEWER_ROLE,
  ];
  return clusterRole(
    MANAGER_ROLE,
    [
      { apiGroups: [''], resources: ['namespaces', 'serviceaccounts'], verbs: [...READ, ...write] },
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: [...READ, ...write] },
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['clusterroles'],
        resourceNames: bindable,
        verbs: ['bind'],
      },
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['clusterroles', 'clusterrolebindings', 'roles'],
        verbs: READ,
      },
      { apiGroups: [CAPSULE], resources: ['tenants'], verbs: [...READ, ...write] },
      { apiGroups: [CAPSULE], resources: ['capsuleconfigurations'], verbs: READ },
      {
        apiGroups: [VELA],
        resources: ['applications', 'applicationrevisions', 'resourcetrackers', ...DEFINITIONS],
        verbs: READ,
      },
      { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: READ },
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
        verbs: READ,
      },
      // By name, which server-side apply asks for also where it creates: no other quota and no other event is ours.
      {
        apiGroups: [''],
        resources: ['resourcequotas'],
        resourceNames: [SANDBOX_QUOTA],
        verbs: ['create', 'patch', 'delete'],
      },
      { apiGroups: [''], resources: ['events'], resourceNames: [SANDBOX_EXPIRING_EVENT], verbs: ['create', 'patch'] },
      // One Policy of Kyverno a namespace, where a policy set asks for it; `admission/kyverno.ts` says what may be in it.
      {
        apiGroups: ['kyverno.io'],
        resources: ['policies'],
        resourceNames: [KYVERNO_POLICY],
        verbs: ['get', 'create', 'patch', 'delete'],
      },
      { apiGroups: ['metrics.k8s.io'], resources: ['pods'], verbs: ['get', 'list'] },
      ...readRules(),
    ],
    baseLabels(),
  );
}

/**
 * KubeVela's controller without being cluster-admin: its own kinds, the bookkeeping that it does under its own name, and
 * impersonation of the one account that every app namespace has. Whoever writes `group: system:masters` into an
 * Application gets `cannot impersonate`.
 */
export function velaCoreRole(): Manifest {
  const rules: PolicyRule[] = [
    { apiGroups: [VELA, 'cue.oam.dev'], resources: ['*'], verbs: ['*'] },
    { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: [DEPLOYER], verbs: ['impersonate'] },
    { apiGroups: [''], resources: ['namespaces'], verbs: READ },
    { apiGroups: [''], resources: ['configmaps', 'events'], verbs: ['*'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['*'] },
    { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: ['*'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['*'] },
  ];
  return clusterRole(VELA_CORE_ROLE, rules, baseLabels());
}
