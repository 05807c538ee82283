import { allowedShown, allowedVariable, resources } from './admission-rule.ts';
import { allowedList, intersection } from './allowed-list.ts';
import { classNames } from './class-names.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'storage-classes';
/** How a class was named before `storageClassName`; Kubernetes still prefers it. */
const LEGACY = 'volume.beta.kubernetes.io/storage-class';

export type StorageClasses = {
  classes: string[];
};

const classesOf = (claim: string): string =>
  `[string(${claim}.spec.?storageClassName.orValue('')), string(${claim}.?metadata.?annotations[?'${LEGACY}'].orValue(''))]`;
const isClaim = "request.resource.resource == 'persistentvolumeclaims'";

/** Capsule's `storageClasses` lets a claim with an empty class through, which binds any volume made by hand (0.14). */
export const storageClasses = catalogued<StorageClasses>({
  type,
  title: 'Storage classes',
  description:
    'PersistentVolumeClaims, those of StatefulSets and of ephemeral volumes included, are of these StorageClasses. A claim without a class, or with an empty one, is refused unless the cluster has a default that is listed.',
  engine: 'admissionPolicy',
  schema: classNames('Allowed StorageClasses'),
  example: { classes: ['standard'] },
  strictest: (a, b) => ({ classes: intersection(a.classes, b.classes) }),
  effect: ({ classes }) => ({ annotations: { [annotationOf(type)]: allowedList(classes) } }),
  admission: {
    resourceRules: [resources('', ['persistentvolumeclaims']), resources('apps', ['statefulsets'])],
    variables: [
      allowedVariable,
      // A template may leave the class to the default that its claim will get; the claim itself is judged then.
      {
        name: 'classes',
        expression:
          `${isClaim} ? ${classesOf('object')}.filter(one, one != '') : ` +
          `object.spec.?volumeClaimTemplates.orValue([]).map(t, ${classesOf('t')}.filter(one, one != '' && !(one in variables.allowed)).join(', ')).filter(one, one != '')`,
      },
    ],
    unconcerned:
      `request.operation == 'UPDATE' && (${isClaim} ? ` +
      `${classesOf('object')} == ${classesOf('oldObject')} : ` +
      'object.spec.?volumeClaimTemplates.orValue([]) == oldObject.spec.?volumeClaimTemplates.orValue([]))',
    validations: [
      {
        expression: `(!(${isClaim}) || size(variables.classes) > 0) && variables.classes.all(one, one in variables.allowed)`,
        messageExpression: `(size(variables.classes) == 0 ? 'A claim needs a StorageClass' : 'The StorageClass is not allowed: ' + variables.classes.join(', ')) + '. Allowed: ' + ${allowedShown} + '.'`,
        message: 'The StorageClass is not allowed.',
      },
    ],
  },
});
