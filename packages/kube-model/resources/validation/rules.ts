/** What holds for single fields, by component and field; what OpenAPI says (required, enumerations) is amended here. */
import { dnsLabel, dnsSubdomain, qualifiedName } from './report.ts';
import type { Rules } from './walk.ts';

const REVIEWS = 'must specify one of v1, v1beta1';
const EFFECTS = ['None', 'NoneOnDryRun'];
const SAY_EFFECTS = `must specify one of ${EFFECTS.join(', ')}`;
const MOST = 2_147_483_647;

/** The same for several fields of a component. */
const each = <T>(component: string, names: string, value: T): Record<string, T> =>
  Object.fromEntries(names.split(' ').map((name) => [`${component}.${name}`, value]));

export const RULES: Omit<Rules, 'checks'> = {
  required: {
    'core.v1.Container.image': '',
    'core.v1.LimitRangeSpec.limits': null,
    'networking.v1.HTTPIngressPath.backend': false,
    'core.v1.ServicePort.port': false,
    'core.v1.HTTPGetAction.port': false,
    'core.v1.TCPSocketAction.port': false,
    'core.v1.GRPCAction.port': false,
    'core.v1.ISCSIVolumeSource.lun': false,
    'rbac.v1.PolicyRule.verbs': false,
    'networking.v1.HTTPIngressPath.pathType': false,
    'admissionregistration.v1.Validation.expression': 'expression is not specified',
    'admissionregistration.v1.ValidatingWebhook.sideEffects': SAY_EFFECTS,
    'admissionregistration.v1.MutatingWebhook.sideEffects': SAY_EFFECTS,
    'admissionregistration.v1.ValidatingWebhook.admissionReviewVersions': REVIEWS,
    'admissionregistration.v1.MutatingWebhook.admissionReviewVersions': REVIEWS,
    'apps.v1.DeploymentSpec.selector': false,
    'apps.v1.ReplicaSetSpec.selector': false,
    'apps.v1.DaemonSetSpec.selector': false,
    'apps.v1.StatefulSetSpec.selector': false,
  },
  enums: {
    'core.v1.PodSpec.restartPolicy': ['Always', 'OnFailure', 'Never'],
    'core.v1.PodSpec.dnsPolicy': ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    'core.v1.Toleration.operator': ['Equal', 'Exists'],
    'core.v1.Toleration.effect': ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
    'core.v1.ResourceQuotaSpec.scopes': false,
    'networking.v1.HTTPIngressPath.pathType': false,
    'networking.v1.NetworkPolicySpec.policyTypes': ['Ingress', 'Egress'],
    'networking.v1.NetworkPolicyPort.protocol': ['TCP', 'UDP', 'SCTP'],
    'apps.v1.DeploymentStrategy.type': false,
    'apps.v1.DaemonSetUpdateStrategy.type': false,
    'apps.v1.StatefulSetUpdateStrategy.type': false,
    'apps.v1.StatefulSetSpec.podManagementPolicy': false,
    'admissionregistration.v1.ValidatingWebhook.sideEffects': EFFECTS,
    'admissionregistration.v1.MutatingWebhook.sideEffects': EFFECTS,
  },
  fields: {
    'meta.v1.LabelSelector.matchLabels': 'labels',
    'core.v1.PodSpec.activeDeadlineSeconds': [1, MOST],
    'core.v1.PodSpec.nodeSelector': 'labels',
    'core.v1.PodSpec.hostname': dnsLabel,
    'core.v1.PodSpec.serviceAccountName': dnsSubdomain,
    'core.v1.PodSecurityContext.runAsUser': [0, MOST],
    'core.v1.SecurityContext.runAsUser': [0, MOST],
    'core.v1.Container.name': dnsLabel,
    'core.v1.Volume.name': dnsLabel,
    'core.v1.Toleration.key': qualifiedName,
    ...each('core.v1.ContainerPort', 'containerPort hostPort name', 'port' as const),
    ...each('core.v1.ServicePort', 'port targetPort', 'port' as const),
    'core.v1.HTTPGetAction.port': 'port',
    'core.v1.TCPSocketAction.port': 'port',
    'core.v1.GRPCAction.port': 'port',
    ...each('core.v1.Probe', 'initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold', 0),
    'core.v1.ServiceSpec.selector': 'labels',
    ...each('apps.v1.DeploymentSpec', 'replicas minReadySeconds revisionHistoryLimit', 0),
    'apps.v1.ReplicaSetSpec.replicas': 0,
    'apps.v1.StatefulSetSpec.replicas': 0,
    ...each(
      'batch.v1.JobSpec',
      'parallelism completions activeDeadlineSeconds backoffLimit ttlSecondsAfterFinished',
      0,
    ),
    ...each('batch.v1.CronJobSpec', 'startingDeadlineSeconds successfulJobsHistoryLimit failedJobsHistoryLimit', 0),
    'networking.v1.NetworkPolicyPort.port': 'port',
    ...each('policy.v1.PodDisruptionBudgetSpec', 'minAvailable maxUnavailable', 0),
    'coordination.v1.LeaseSpec.leaseDurationSeconds': 1,
    'coordination.v1.LeaseSpec.leaseTransitions': 0,
  },
  unique: {
    'core.v1.PodSpec.containers': 'name',
    'core.v1.PodSpec.volumes': 'name',
    'core.v1.Container.ports': 'name',
    'core.v1.ServiceSpec.ports': 'name',
    'core.v1.LimitRangeSpec.limits': 'type',
  },
};
