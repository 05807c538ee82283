import { containerRule } from './pod-rule.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'read-only-root-filesystem';

export const readOnlyRootFilesystem = catalogued<Record<string, never>>({
  type,
  title: 'Read-only root filesystem',
  description:
    'Containers of every kind have a root filesystem that they cannot write to. What they have to write goes to volumes.',
  engine: 'admissionPolicy',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  example: {},
  strictest: () => ({}),
  effect: () => ({ annotations: { [annotationOf(type)]: 'true' } }),
  admission: containerRule({
    condition: 'c.?securityContext.?readOnlyRootFilesystem.orValue(false)',
    message: 'Containers need a read-only root filesystem',
    advice: "'. Set securityContext.readOnlyRootFilesystem to true.'",
  }),
});
