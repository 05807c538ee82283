import { resources, sameSpec } from './admission-rule.ts';
import { allowedList } from './allowed-list.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'required-resources';

type ResourceName = 'cpu' | 'memory' | 'ephemeral-storage';

export type RequiredResources = {
  requests?: ResourceName[];
  limits?: ResourceName[];
};

const DEFAULT: ResourceName[] = ['cpu', 'memory'];
const requestsOf = ({ requests, limits }: RequiredResources) => requests ?? (limits === undefined ? DEFAULT : []);

const list = (title: string) => ({
  title,
  type: 'array',
  maxItems: 3,
  uniqueItems: true,
  items: { type: 'string', enum: ['cpu', 'memory', 'ephemeral-storage'] },
});

const given = (kind: 'requests' | 'limits', of: string): string => `${of}.?resources.?${kind}.orValue({})`;
const isSet = (r: string): string =>
  `${r}.startsWith('requests.') ? (${r}.substring(9) in ${given('requests', 'c')} || ${r}.substring(9) in ${given('requests', 'variables.pod')}) : ` +
  `(${r}.substring(7) in ${given('limits', 'c')} || ${r}.substring(7) in ${given('limits', 'variables.pod')})`;

/**
 * Pods are judged and templates are not: a LimitRange gives a pod what its template leaves out. A Deployment whose pods
 * are refused says so in its condition ReplicaFailure.
 */
export const requiredResources = catalogued<RequiredResources>({
  type,
  title: 'Required requests and limits',
  description:
    'Every container that may have them (ephemeral ones may not) sets these requests and limits, or its pod does, or a limit range of the namespace sets them for it. With nothing said: requests of cpu and memory.',
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { requests: list('Requests that must be set'), limits: list('Limits that must be set') },
  },
  example: { requests: ['cpu', 'memory'], limits: ['memory'] },
  strictest: (a, b) => ({
    requests: [...new Set([...requestsOf(a), ...requestsOf(b)])],
    limits: [...new Set([...(a.limits ?? []), ...(b.limits ?? [])])],
  }),
  effect: (parameters) => ({
    annotations: {
      [annotationOf(type)]: allowedList([
        ...requestsOf(parameters).map((name) => `requests.${name}`),
        ...(parameters.limits ?? []).map((name) => `limits.${name}`),
      ]),
    },
  }),
  admission: {
    resourceRules: [resources('', ['pods', 'pods/resize'])],
    variables: [
      { name: 'pod', expression: 'object.spec' },
      { name: 'required', expression: "variables.value.split(',').filter(one, one != '')" },
      {
        name: 'refused',
        expression:
          '(variables.pod.containers + variables.pod.?initContainers.orValue([]))' +
          `.filter(c, !variables.required.all(r, ${isSet('r')})).map(c, c.name)`,
      },
    ],
    unconcerned: sameSpec,
    validations: [
      {
        expression: 'size(variables.refused) == 0',
        messageExpression:
          "'Containers need resources (' + variables.required.join(', ') + '): ' + variables.refused.join(', ') + '.'",
        message: 'Containers need resources.',
      },
    ],
  },
});
