import { allowedList, intersection } from './allowed-list.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'image-pull-policy';

export interface ImagePullPolicy {
  policies: ('Always' | 'IfNotPresent' | 'Never')[];
}

export const imagePullPolicy = catalogued<ImagePullPolicy>({
  type,
  title: 'Image pull policies',
  description:
    'Containers, of every kind, may have these pull policies only. With `Always` nobody runs an image from the cache of a node without the credential that it takes to pull it.',
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
        uniqueItems: true,
        items: { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
        default: ['Always'],
      },
    },
  },
  example: { policies: ['Always'] },
  strictest: (a, b) => ({ policies: intersection(a.policies, b.policies) }),
  effect: ({ policies }) => ({ annotations: { [annotationOf(type)]: allowedList(policies) } }),
});
