import { allowedShown, allowedVariable } from './admission-rule.ts';
import { allowedList, intersection } from './allowed-list.ts';
import { classNames } from './class-names.ts';
import { podRule } from './pod-rule.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'priority-classes';

export type PriorityClasses = {
  classes: string[];
};

export const priorityClasses = catalogued<PriorityClasses>({
  type,
  title: 'Priority classes',
  description:
    "Pods may name these PriorityClasses, or none. Without this policy they may name any, and those of the system, which drive other tenants' pods away. Where the cluster has a default class, list it too.",
  engine: 'admissionPolicy',
  schema: classNames('Allowed PriorityClasses'),
  example: { classes: ['standard'] },
  strictest: (a, b) => ({ classes: intersection(a.classes, b.classes) }),
  effect: ({ classes }) => ({ annotations: { [annotationOf(type)]: allowedList(classes) } }),
  admission: podRule({
    variables: [allowedVariable, { name: 'class', expression: "variables.pod.?priorityClassName.orValue('')" }],
    validations: [
      {
        expression: "variables.class == '' || variables.class in variables.allowed",
        messageExpression: `'The PriorityClass ' + variables.class + ' is not allowed. Allowed: none, or ' + ${allowedShown} + '.'`,
        message: 'The PriorityClass is not allowed.',
      },
    ],
  }),
});
