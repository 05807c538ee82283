import { allowedShown, allowedVariable, resources, sameSpec } from './admission-rule.ts';
import { allowedList, intersection } from './allowed-list.ts';
import { classNames } from './class-names.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'ingress-classes';
/** How a class was named before `ingressClassName`; controllers still heed it. */
const LEGACY = 'kubernetes.io/ingress.class';

export type IngressClasses = {
  classes: string[];
};

export const ingressClasses = catalogued<IngressClasses>({
  type,
  title: 'Ingress classes',
  description:
    'Ingresses name one of these classes, by ingressClassName or by the annotation of before. One without a class, which any controller may take up, is refused unless the cluster has a default that is listed.',
  engine: 'admissionPolicy',
  schema: classNames('Allowed IngressClasses'),
  example: { classes: ['nginx'] },
  strictest: (a, b) => ({ classes: intersection(a.classes, b.classes) }),
  effect: ({ classes }) => ({ annotations: { [annotationOf(type)]: allowedList(classes) } }),
  admission: {
    resourceRules: [resources('networking.k8s.io', ['ingresses'])],
    variables: [
      allowedVariable,
      {
        name: 'classes',
        expression:
          `[string(object.spec.?ingressClassName.orValue('')), string(object.metadata.?annotations[?'${LEGACY}'].orValue(''))]` +
          ".filter(one, one != '')",
      },
    ],
    unconcerned:
      `${sameSpec} && ` +
      `object.metadata.?annotations[?'${LEGACY}'].orValue('') == oldObject.metadata.?annotations[?'${LEGACY}'].orValue('')`,
    validations: [
      {
        expression: 'size(variables.classes) > 0 && variables.classes.all(one, one in variables.allowed)',
        messageExpression: `(size(variables.classes) == 0 ? 'An Ingress needs a class' : 'The ingress class is not allowed: ' + variables.classes.join(', ')) + '. Allowed: ' + ${allowedShown} + '.'`,
        message: 'The ingress class is not allowed.',
      },
    ],
  },
});
