/**
 * The kinds that an App may consist of. One table for two uses: the guard lets nothing else through, and the ClusterRole
 * `kubenova-deployer` lets KubeVela make nothing else, so the two can never differ.
 *
 * Everything here is namespaced. Not here on purpose: RBAC kinds (an App may give no rights), ResourceQuota and LimitRange
 * (the tenant's), NetworkPolicy (policies add up, so an App's could open what the tenant's closes), ReplicaSet and
 * ControllerRevision (made by their controllers), Application and every other custom resource (what its controller
 * would do with it is not known here).
 */

/** One kind by where it is served. */
export interface DeliverableKind {
  /** The versions that are taken; the first is the one to use. */
  apiVersions: readonly string[];
  kind: string;
  group: string;
  resource: string;
}

export const DELIVERABLE_KINDS: readonly DeliverableKind[] = [
  { group: '', kind: 'ConfigMap', resource: 'configmaps', apiVersions: ['v1'] },
  { group: '', kind: 'PersistentVolumeClaim', resource: 'persistentvolumeclaims', apiVersions: ['v1'] },
  { group: '', kind: 'Pod', resource: 'pods', apiVersions: ['v1'] },
  { group: '', kind: 'Secret', resource: 'secrets', apiVersions: ['v1'] },
  { group: '', kind: 'Service', resource: 'services', apiVersions: ['v1'] },
  { group: '', kind: 'ServiceAccount', resource: 'serviceaccounts', apiVersions: ['v1'] },
  { group: 'apps', kind: 'DaemonSet', resource: 'daemonsets', apiVersions: ['apps/v1'] },
  { group: 'apps', kind: 'Deployment', resource: 'deployments', apiVersions: ['apps/v1'] },
  { group: 'apps', kind: 'StatefulSet', resource: 'statefulsets', apiVersions: ['apps/v1'] },
  {
    group: 'autoscaling',
    kind: 'HorizontalPodAutoscaler',
    resource: 'horizontalpodautoscalers',
    apiVersions: ['autoscaling/v2', 'autoscaling/v1'],
  },
  { group: 'batch', kind: 'CronJob', resource: 'cronjobs', apiVersions: ['batch/v1'] },
  { group: 'batch', kind: 'Job', resource: 'jobs', apiVersions: ['batch/v1'] },
  { group: 'networking.k8s.io', kind: 'Ingress', resource: 'ingresses', apiVersions: ['networking.k8s.io/v1'] },
  { group: 'policy', kind: 'PodDisruptionBudget', resource: 'poddisruptionbudgets', apiVersions: ['policy/v1'] },
];

/** The row of a kind, in whatever version. */
export function deliverableKind(apiVersion: string, kind: string): DeliverableKind | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return DELIVERABLE_KINDS.find((row) => row.kind === kind && row.group === group);
}

/** The resources of the table by API group, as a ClusterRole wants them. */
export function deliverableResources(): Map<string, string[]> {
  const byGroup = new Map<string, string[]>();
  for (const { group, resource } of DELIVERABLE_KINDS) {
    byGroup.set(group, [...(byGroup.get(group) ?? []), resource]);
  }
  return byGroup;
}
