import { containerRule } from './pod-rule.ts';
import { catalogued, withoutParameters } from './policy-type.ts';

export const readOnlyRootFilesystem = catalogued<Record<string, never>>({
  ...withoutParameters('read-only-root-filesystem'),
  title: 'Read-only root filesystem',
  description:
    'Containers of every kind have a root filesystem that they cannot write to. What they have to write goes to volumes.',
  engine: 'admissionPolicy',
  admission: containerRule({
    condition: 'c.?securityContext.?readOnlyRootFilesystem.orValue(false)',
    message: 'Containers need a read-only root filesystem',
    advice: "'. Set securityContext.readOnlyRootFilesystem to true.'",
  }),
});
