/** Rules about pods: of pods themselves, whoever makes them, of ephemeral containers, and of the templates of pods. */
import {
  type AdmissionRule,
  type NamedExpression,
  nothingRefused,
  resources,
  type Validation,
} from './admission-rule.ts';

/** Everything that holds a template of pods. */
export const TEMPLATE_KINDS: Readonly<Record<string, readonly string[]>> = {
  '': ['podtemplates', 'replicationcontrollers'],
  apps: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
  batch: ['cronjobs', 'jobs'],
};

const templateOf = (object: string): string =>
  `request.resource.resource == 'pods' ? ${object} : ` +
  `request.resource.resource == 'podtemplates' ? ${object}.?template.orValue({}) : ` +
  `request.resource.resource == 'cronjobs' ? ${object}.spec.jobTemplate.spec.template : ` +
  `${object}.spec.?template.orValue({})`;

/**
 * A rule about the `spec` of pods.
 *
 * Given to its expressions: `variables.pod` (a pod's spec), `variables.containers` (of every kind: ordinary, init,
 * ephemeral), `variables.volumes`.
 */
export function podRule(rule: { variables?: NamedExpression[]; validations: Validation[] }): AdmissionRule {
  return {
    resourceRules: [
      resources('', ['pods', 'pods/ephemeralcontainers']),
      ...Object.entries(TEMPLATE_KINDS).map(([group, names]) => resources(group, [...names])),
    ],
    variables: [
      { name: 'pod', expression: `(${templateOf('object')}).?spec.orValue({})` },
      {
        name: 'unchanged',
        expression: `request.operation == 'UPDATE' && (${templateOf('oldObject')}).?spec.orValue({}) == variables.pod`,
      },
      {
        name: 'containers',
        expression:
          'variables.pod.?containers.orValue([]) + variables.pod.?initContainers.orValue([]) + ' +
          'variables.pod.?ephemeralContainers.orValue([])',
      },
      { name: 'volumes', expression: 'variables.pod.?volumes.orValue([])' },
      ...(rule.variables ?? []),
    ],
    unconcerned: 'variables.unchanged',
    validations: rule.validations,
  };
}

/** A rule that holds for each container; `condition` speaks of `c`. Its message names those that break it. */
export function containerRule(rule: {
  variables?: NamedExpression[];
  condition: string;
  /** What goes before the containers' names. */
  message: string;
  /** CEL of what goes behind them; says what is allowed. */
  advice?: string;
}): AdmissionRule {
  return podRule({
    variables: [
      ...(rule.variables ?? []),
      { name: 'refused', expression: `variables.containers.filter(c, !(${rule.condition})).map(c, c.name)` },
    ],
    validations: [nothingRefused(rule.message, rule.advice)],
  });
}
