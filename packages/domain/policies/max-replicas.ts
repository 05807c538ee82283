import { resources } from './admission-rule.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'max-replicas';

export type MaxReplicas = {
  max: number;
};

/** How many pods an object asks for at once. */
const countOf = (object: string): string =>
  `request.?subResource.orValue('') == 'scale' ? ${object}.spec.?replicas.orValue(0) : ` +
  `request.resource.resource == 'horizontalpodautoscalers' ? ${object}.spec.?maxReplicas.orValue(0) : ` +
  `request.resource.resource == 'jobs' ? ${object}.spec.?parallelism.orValue(1) : ` +
  `request.resource.resource == 'cronjobs' ? ${object}.spec.jobTemplate.spec.?parallelism.orValue(1) : ` +
  `${object}.spec.?replicas.orValue(1)`;

export const maxReplicas = catalogued<MaxReplicas>({
  type,
  title: 'Most replicas',
  description:
    'No Deployment, StatefulSet, ReplicaSet or custom kind with a scale asks for more replicas, however it is scaled, no autoscaler may go higher, and no Job runs more pods at once. A DaemonSet has a pod a node, whatever this says; how many workloads there are is a matter of quotas.',
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['max'],
    properties: { max: { title: 'Most replicas of one workload', type: 'integer', minimum: 0, maximum: 100_000 } },
  },
  example: { max: 10 },
  strictest: (a, b) => ({ max: Math.min(a.max, b.max) }),
  effect: ({ max }) => ({ annotations: { [annotationOf(type)]: String(max) } }),
  admission: {
    resourceRules: [
      resources('', ['replicationcontrollers']),
      resources('apps', ['deployments', 'replicasets', 'statefulsets']),
      resources('autoscaling', ['horizontalpodautoscalers']),
      resources('batch', ['cronjobs', 'jobs']),
      resources('*', ['*/scale'], ['UPDATE']),
    ],
    variables: [
      { name: 'count', expression: countOf('object') },
      { name: 'before', expression: `request.operation != 'UPDATE' ? 0 : ${countOf('oldObject')}` },
    ],
    // In the middle of a rollout one ReplicaSet may bear more than its Deployment asks for.
    unconcerned:
      "(request.operation == 'UPDATE' && variables.count <= variables.before) || " +
      "(request.resource.resource == 'replicasets' && request.userInfo.username in " +
      "['system:serviceaccount:kube-system:deployment-controller', 'system:kube-controller-manager'])",
    validations: [
      {
        expression: 'variables.count <= int(variables.value)',
        messageExpression: "string(variables.count) + ' replicas are too many. Allowed: ' + variables.value + '.'",
        message: 'These are too many replicas.',
      },
    ],
  },
});
