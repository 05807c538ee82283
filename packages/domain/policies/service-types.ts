import { allowedShown, allowedVariable, resources, sameSpec } from './admission-rule.ts';
import { allowedList, intersection } from './allowed-list.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'service-types';
/** Stands in the annotation beside the types. */
const EXTERNAL_IPS = 'ExternalIPs';

export type ServiceTypes = {
  types?: ('ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName')[];
  externalIPs?: boolean;
};

const typesOf = ({ types }: ServiceTypes) => types ?? ['ClusterIP'];

/** Capsule's `allowedServices` knows the types but not `externalIPs`, by which a Service takes traffic of others (0.14). */
export const serviceTypes = catalogued<ServiceTypes>({
  type,
  title: 'Service types',
  description:
    "Services are of these types; with nothing said, of ClusterIP alone (headless ones are of that type). externalIPs, by which a Service draws other people's traffic to itself (CVE-2020-8554), are refused unless allowed here.",
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      types: {
        title: 'Allowed types',
        type: 'array',
        minItems: 1,
        maxItems: 4,
        uniqueItems: true,
        items: { type: 'string', enum: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] },
        default: ['ClusterIP'],
      },
      externalIPs: { title: 'externalIPs are allowed', type: 'boolean', default: false },
    },
  },
  example: { types: ['ClusterIP', 'LoadBalancer'] },
  strictest: (a, b) => ({
    types: intersection(typesOf(a), typesOf(b)),
    externalIPs: a.externalIPs === true && b.externalIPs === true,
  }),
  effect: (parameters) => ({
    annotations: {
      [annotationOf(type)]: allowedList([
        ...typesOf(parameters),
        ...(parameters.externalIPs === true ? [EXTERNAL_IPS] : []),
      ]),
    },
  }),
  admission: {
    resourceRules: [resources('', ['services'])],
    variables: [allowedVariable, { name: 'type', expression: "object.spec.?type.orValue('ClusterIP')" }],
    unconcerned: sameSpec,
    validations: [
      {
        expression: 'variables.type in variables.allowed',
        messageExpression: `'A Service of type ' + variables.type + ' is not allowed. Allowed: ' + ${allowedShown} + '.'`,
        message: 'The type of the Service is not allowed.',
      },
      {
        expression: `size(object.spec.?externalIPs.orValue([])) == 0 || '${EXTERNAL_IPS}' in variables.allowed`,
        message: 'A Service with externalIPs is not allowed.',
      },
    ],
  },
});
