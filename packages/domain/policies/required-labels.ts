import { resources } from './admission-rule.ts';
import { intersection } from './allowed-list.ts';
import { TEMPLATE_KINDS } from './pod-rule.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'required-labels';
/** No value of a label; what two sets without a common value come to. */
const NO_VALUE = '!';

export type RequiredLabels = {
  labels: { key: string; values?: string[] }[];
};

function strictest(a: RequiredLabels, b: RequiredLabels): RequiredLabels {
  const merged = new Map<string, string[] | undefined>();
  for (const { key, values } of [...a.labels, ...b.labels]) {
    const before = merged.get(key);
    const both = before === undefined || values === undefined ? (before ?? values) : intersection(before, values);
    merged.set(key, both);
  }
  return { labels: [...merged].map(([key, values]) => (values === undefined ? { key } : { key, values })) };
}

const required = (r: string): string =>
  `${r}.split('=')[0] in variables.labels && (${r}.endsWith('=') || ` +
  `variables.labels[${r}.split('=')[0]] in ${r}.split('=')[1].split('|'))`;

export const requiredLabels = catalogued<RequiredLabels>({
  type,
  title: 'Required labels',
  description:
    "Workloads (Deployments, StatefulSets, DaemonSets, Jobs, CronJobs and pods that somebody makes without one) bear these labels, with one of the values where values are listed. What Kubernetes' own controllers make out of a workload is not looked at. An App's labels reach its workloads.",
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['labels'],
    properties: {
      labels: {
        title: 'Labels',
        type: 'array',
        minItems: 1,
        maxItems: 20,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['key'],
          properties: {
            key: {
              title: 'Key',
              type: 'string',
              maxLength: 317,
              pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$',
            },
            values: {
              title: 'Allowed values; any when left out',
              type: 'array',
              minItems: 1,
              maxItems: 50,
              uniqueItems: true,
              items: { type: 'string', maxLength: 63, pattern: '^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$' },
            },
          },
        },
      },
    },
  },
  example: { labels: [{ key: 'team' }, { key: 'cost-center', values: ['retail', 'web'] }] },
  strictest,
  effect: (parameters) => ({
    annotations: {
      // By the merge with nothing, a key that is listed twice holds as both entries say.
      [annotationOf(type)]: strictest({ labels: [] }, parameters)
        .labels.map(({ key, values }) => {
          if (values === undefined) return `${key}=`;
          return `${key}=${values.length === 0 ? NO_VALUE : [...values].sort().join('|')}`;
        })
        .sort()
        .join(','),
    },
  }),
  admission: {
    resourceRules: [
      resources('', ['pods', 'replicationcontrollers']),
      resources('apps', [...(TEMPLATE_KINDS.apps ?? [])]),
      resources('batch', [...(TEMPLATE_KINDS.batch ?? [])]),
    ],
    variables: [
      { name: 'labels', expression: 'object.metadata.?labels.orValue({})' },
      {
        name: 'refused',
        expression: `variables.value.split(',').filter(r, r != '' && !(${required('r')}))`,
      },
    ],
    unconcerned:
      "request.userInfo.username == 'system:kube-controller-manager' || " +
      "request.userInfo.username.startsWith('system:serviceaccount:kube-system:') || " +
      "(request.operation == 'UPDATE' && oldObject.metadata.?labels.orValue({}) == variables.labels)",
    validations: [
      {
        expression: 'size(variables.refused) == 0',
        messageExpression:
          "'Labels are needed: ' + variables.refused.map(r, r.endsWith('=') ? r.split('=')[0] : r.split('=')[0] + ' (' + r.split('=')[1].split('|').join(', ') + ')').join('; ') + '.'",
        message: 'Labels are needed.',
      },
    ],
  },
});
