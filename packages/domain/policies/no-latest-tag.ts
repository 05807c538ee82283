import { imageRule } from './images.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'no-latest-tag';

export type NoLatestTag = {
  requireDigest?: boolean;
};

export const noLatestTag = catalogued<NoLatestTag>({
  type,
  title: 'No latest tag',
  description:
    'Every image, of containers of every kind and of image volumes, has a tag other than latest, or a digest; or always a digest, so that what runs tomorrow is what runs today.',
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      requireDigest: { title: 'A digest is needed', type: 'boolean', default: false },
    },
  },
  example: { requireDigest: false },
  strictest: (a, b) => ({ requireDigest: a.requireDigest === true || b.requireDigest === true }),
  effect: ({ requireDigest }) => ({
    annotations: { [annotationOf(type)]: requireDigest === true ? 'digest' : 'tag' },
  }),
  admission: imageRule({
    condition:
      "i.contains('@sha256:') || (variables.value == 'tag' && i.substring(i.lastIndexOf('/') + 1).contains(':') && !i.endsWith(':latest'))",
    message: 'Images that are not pinned',
    advice:
      "(variables.value == 'tag' ? '. Each needs a tag other than latest, or a digest.' : '. Each needs a digest: name@sha256:….')",
  }),
});
