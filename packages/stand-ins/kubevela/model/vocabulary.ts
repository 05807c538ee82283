/** The names by which KubeVela 1.10 is known in a cluster: labels, annotations, finalizers (its `pkg/oam`). */

export const VELA_VERSION = 'v1.10.9';
export const VELA_NAMESPACE = 'vela-system';

export const APP_FINALIZER = 'app.oam.dev/resource-tracker-finalizer';
export const APP_ORPHAN_FINALIZER = 'app.oam.dev/orphan-resource';
export const TRACKER_FINALIZER = 'resourcetracker.core.oam.dev/finalizer';

export const label = {
  appName: 'app.oam.dev/name',
  appNamespace: 'app.oam.dev/namespace',
  appRevision: 'app.oam.dev/appRevision',
  appRevisionHash: 'app.oam.dev/app-revision-hash',
  appUid: 'app.oam.dev/uid',
  cluster: 'app.oam.dev/cluster',
  component: 'app.oam.dev/component',
  componentRevision: 'app.oam.dev/revision',
  resourceType: 'app.oam.dev/resourceType',
  renderHash: 'oam.dev/render-hash',
  workloadType: 'workload.oam.dev/type',
  traitType: 'trait.oam.dev/type',
  traitResource: 'trait.oam.dev/resource',
} as const;

export const annotation = {
  serviceAccount: 'app.oam.dev/service-account-name',
  username: 'app.oam.dev/username',
  group: 'app.oam.dev/group',
  publishVersion: 'app.oam.dev/publishVersion',
  lastApplied: 'app.oam.dev/last-applied-configuration',
  lastAppliedTime: 'app.oam.dev/last-applied-time',
  filterLabels: 'filter.oam.dev/label-keys',
  filterAnnotations: 'filter.oam.dev/annotation-keys',
  inplaceUpgrade: 'app.oam.dev/inplace-upgrade',
  disableHealthCheck: 'app.oam.dev/disable-health-check',
  velaVersion: 'oam.dev/kubevela-version',
  kubectlLastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
} as const;
