import { allowedShown, allowedVariable } from './admission-rule.ts';
import { allowedList, intersection } from './allowed-list.ts';
import { podRule } from './pod-rule.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'image-pull-policy';

export type ImagePullPolicy = {
  policies: ('Always' | 'IfNotPresent' | 'Never')[];
};

export const imagePullPolicy = catalogued<ImagePullPolicy>({
  type,
  title: 'Image pull policies',
  description:
    'Containers of every kind, and image volumes, may have these pull policies only. With Always nobody runs an image out of the cache of a node without the credential that it takes to pull it.',
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['policies'],
    properties: {
      policies: {
        title: 'Allowed pull policies',
        type: 'array',
        minItems: 1,
        maxItems: 3,
        uniqueItems: true,
        items: { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
        default: ['Always'],
      },
    },
  },
  example: { policies: ['Always'] },
  strictest: (a, b) => ({ policies: intersection(a.policies, b.policies) }),
  effect: ({ policies }) => ({ annotations: { [annotationOf(type)]: allowedList(policies) } }),
  admission: podRule({
    variables: [
      allowedVariable,
      {
        name: 'refused',
        expression:
          "variables.containers.filter(c, !(c.?imagePullPolicy.orValue('') in variables.allowed)).map(c, c.name) + " +
          "variables.volumes.filter(v, has(v.image) && !(v.image.?pullPolicy.orValue('') in variables.allowed)).map(v, v.name)",
      },
    ],
    validations: [
      {
        expression: 'size(variables.refused) == 0',
        messageExpression: `'The imagePullPolicy is not allowed of ' + variables.refused.join(', ') + '. Allowed: ' + ${allowedShown} + '.'`,
        message: 'The imagePullPolicy is not allowed.',
      },
    ],
  }),
});
