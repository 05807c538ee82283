/** Claims of storage, by themselves and as a StatefulSet makes them. */
import { workload } from '../forms.ts';
import type { Attack, Fields } from './attack.ts';

const claimSpec = (spec: Fields): Fields => ({
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: '1Gi' } },
  ...spec,
});
const claim = (spec: Fields, annotations: Record<string, string> = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'try', annotations },
  spec: claimSpec(spec),
});
const statefulSet = (spec: Fields): Fields =>
  workload('StatefulSet', { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec(spec) }] });

export const storageAttacks: readonly Attack[] = [
  {
    type: 'storage-classes',
    parameters: { classes: ['fast'] },
    objects: {
      allowed: [
        ['the class', claim({ storageClassName: 'fast' })],
        ['of a StatefulSet', statefulSet({ storageClassName: 'fast' })],
        ['a StatefulSet that leaves it to the default', statefulSet({})],
      ],
      refused: [
        ['another', claim({ storageClassName: 'slow' }), 'not allowed: slow. Allowed: fast'],
        ['none', claim({}), 'needs a StorageClass'],
        ['an empty one', claim({ storageClassName: '' }), 'needs a StorageClass'],
        [
          'as it was written before, which Kubernetes prefers',
          claim({ storageClassName: 'fast' }, { 'volume.beta.kubernetes.io/storage-class': 'slow' }),
          'slow',
        ],
        ['of a StatefulSet', statefulSet({ storageClassName: 'slow' }), 'not allowed: slow'],
      ],
    },
  },
];
