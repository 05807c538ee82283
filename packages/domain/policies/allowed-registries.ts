import { allowedShown, allowedVariable } from './admission-rule.ts';
import { allowedList, innermost, outermost } from './allowed-list.ts';
import { imageRule, qualifiedImages } from './images.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'allowed-registries';

export type AllowedRegistries = {
  /** `ghcr.io`, `ghcr.io/acme`, `registry.example.com:5000/team/app`. */
  registries: string[];
};

const covers = (outer: string, inner: string): boolean => inner.startsWith(`${outer}/`);

/**
 * Capsule's `containerRegistries` knows nothing of image volumes, and looks at pods only, so that a Deployment is
 * accepted whose pods never come (tried on 0.14).
 */
export const allowedRegistries = catalogued<AllowedRegistries>({
  type,
  title: 'Allowed registries',
  description:
    'Images, of containers of every kind and of image volumes, come from these registries, or paths within them, only. An image without a registry is one of docker.io, and one without a path of docker.io/library.',
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['registries'],
    properties: {
      registries: {
        title: 'Registries and paths',
        description: 'A host, with a port where it has one, and as much of the path as all images have in common.',
        type: 'array',
        minItems: 1,
        maxItems: 50,
        uniqueItems: true,
        items: {
          type: 'string',
          maxLength: 253,
          pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([-._a-z0-9]*[a-z0-9])?)*$',
        },
      },
    },
  },
  example: { registries: ['ghcr.io/acme', 'registry.example.com:5000'] },
  strictest: (a, b) => ({ registries: innermost(a.registries, b.registries, covers) }),
  effect: ({ registries }) => ({ annotations: { [annotationOf(type)]: allowedList(outermost(registries, covers)) } }),
  admission: imageRule({
    variables: [allowedVariable],
    images: qualifiedImages,
    condition:
      "variables.allowed.exists(r, i.startsWith(r + '/') || " +
      "(r.contains('/') && (i == r || i.startsWith(r + ':') || i.startsWith(r + '@'))))",
    message: 'Images of registries that are not allowed',
    advice: `'. Allowed: ' + ${allowedShown} + '.'`,
  }),
});
