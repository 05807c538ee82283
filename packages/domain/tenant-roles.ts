/**
 * What a tenant's people may do, as ClusterRoles that are bound namespace by namespace and never cluster-wide.
 *
 * Two things are not obvious. First, no reflected role may list Secrets: capsule-proxy answers `get <resource> -A` with
 * its own rights for the whole tenant as soon as one reflected RoleBinding of the caller, in any namespace, may list that
 * resource. A reflected right to list Secrets in a sandbox would so show those of every App. Rights on Secrets in a
 * sandbox are therefore a role of their own, whose binding is not reflected.
 * Second, no role here reads Applications: KubeVela's objects hold whole manifests, a chart's Secrets among them.
 *
 * exec, attach and port-forward need `create` (SPDY) and `get` (WebSocket) on the subresource.
 */
import {
  APP_READER_ROLE,
  SANDBOX_EDITOR_ROLE,
  SANDBOX_SECRETS_ROLE,
  SANDBOX_VIEWER_ROLE,
  VIEWER_ROLE,
} from './cluster-roles.ts';
import { baseLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { clusterRole, type PolicyRule } from './rbac-objects.ts';

const READ = ['get', 'list', 'watch'];
const EDIT = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** What every one of a tenant's people may read in a namespace, by API group. */
export const READABLE: Readonly<Record<string, readonly string[]>> = {
  '': [
    'configmaps',
    'endpoints',
    'events',
    'limitranges',
    'persistentvolumeclaims',
    'pods',
    'pods/status',
    'replicationcontrollers',
    'resourcequotas',
    'serviceaccounts',
    'services',
    'services/status',
  ],
  apps: [
    'controllerrevisions',
    'daemonsets',
    'daemonsets/status',
    'deployments',
    'deployments/status',
    'replicasets',
    'replicasets/status',
    'statefulsets',
    'statefulsets/status',
  ],
  autoscaling: ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'],
  batch: ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'],
  'discovery.k8s.io': ['endpointslices'],
  'events.k8s.io': ['events'],
  'networking.k8s.io': ['ingresses', 'ingresses/status', 'networkpolicies'],
  policy: ['poddisruptionbudgets', 'poddisruptionbudgets/status'],
};

/**
 * What a tenant's people may edit in a sandbox, Secrets apart. Not here, because they would undo what KubeNova or Capsule
 * set: quotas, limit ranges, network policies, RBAC; and `serviceaccounts/token`, because a token outlives a membership.
 */
export const EDITABLE: Readonly<Record<string, readonly string[]>> = {
  '': ['configmaps', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'serviceaccounts', 'services'],
  apps: [
    'daemonsets',
    'deployments',
    'deployments/scale',
    'replicasets',
    'replicasets/scale',
    'statefulsets',
    'statefulsets/scale',
  ],
  autoscaling: ['horizontalpodautoscalers'],
  batch: ['cronjobs', 'jobs'],
  'networking.k8s.io': ['ingresses'],
  policy: ['poddisruptionbudgets'],
};

/** The ClusterRoles of a tenant's people. */
export function tenantRoles(): Manifest[] {
  const labels = baseLabels();
  return [
    clusterRole(APP_READER_ROLE, [...readRules(), ...sessionRules()], labels),
    clusterRole(VIEWER_ROLE, readRules(), labels),
    clusterRole(
      SANDBOX_EDITOR_ROLE,
      [
        ...readRules(),
        ...sessionRules(),
        ...rules(EDITABLE, EDIT),
        { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
        { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['get', 'patch', 'update'] },
      ],
      labels,
    ),
    clusterRole(SANDBOX_SECRETS_ROLE, [{ apiGroups: [''], resources: ['secrets'], verbs: EDIT }], labels),
    clusterRole(SANDBOX_VIEWER_ROLE, readRules(), labels),
  ];
}

/** Read and logs. */
export function readRules(): PolicyRule[] {
  return [...rules(READABLE, READ), { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }];
}

function sessionRules(): PolicyRule[] {
  return [{ apiGroups: [''], resources: ['pods/attach', 'pods/exec', 'pods/portforward'], verbs: ['create', 'get'] }];
}

function rules(resources: Readonly<Record<string, readonly string[]>>, verbs: string[]): PolicyRule[] {
  return Object.entries(resources).map(([group, names]) => ({ apiGroups: [group], resources: [...names], verbs }));
}
