import { containerRule } from './pod-rule.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'run-as-non-root';

export const runAsNonRoot = catalogued<Record<string, never>>({
  type,
  title: 'Run as non-root',
  description:
    'Containers of every kind say runAsNonRoot, or their pod does for them, and none says that it runs as user 0. An image whose user is root then does not start.',
  engine: 'admissionPolicy',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  example: {},
  strictest: () => ({}),
  effect: () => ({ annotations: { [annotationOf(type)]: 'true' } }),
  admission: containerRule({
    condition:
      'c.?securityContext.?runAsNonRoot.orValue(variables.pod.?securityContext.?runAsNonRoot.orValue(false)) && ' +
      'c.?securityContext.?runAsUser.orValue(variables.pod.?securityContext.?runAsUser.orValue(1)) != 0',
    message: 'Containers may not run as root',
    advice: "'. Set securityContext.runAsNonRoot to true, of the pod or of each container, and no runAsUser of 0.'",
  }),
});
