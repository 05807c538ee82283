import { containerRule } from './pod-rule.ts';
import { catalogued, withoutParameters } from './policy-type.ts';

export const runAsNonRoot = catalogued<Record<string, never>>({
  ...withoutParameters('run-as-non-root'),
  title: 'Run as non-root',
  description:
    'Containers of every kind say runAsNonRoot, or their pod does for them, and none says that it runs as user 0. An image whose user is root then does not start.',
  engine: 'admissionPolicy',
  admission: containerRule({
    condition:
      'c.?securityContext.?runAsNonRoot.orValue(variables.pod.?securityContext.?runAsNonRoot.orValue(false)) && ' +
      'c.?securityContext.?runAsUser.orValue(variables.pod.?securityContext.?runAsUser.orValue(1)) != 0',
    message: 'Containers may not run as root',
    advice: "'. Set securityContext.runAsNonRoot to true, of the pod or of each container, and no runAsUser of 0.'",
  }),
});
