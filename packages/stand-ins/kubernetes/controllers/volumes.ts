/**
 * Binds every claim at once to a volume made for it, takes the volume away with the claim, and keeps a claim that is being
 * deleted until no pod uses it. Source: `k8s.io/kubernetes/pkg/controller/volume` (`persistentvolume`, `pvcprotection`).
 */
import { PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { clusterScoped } from '@kubenova/kube/kinds/define.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Controller } from './controller.ts';
import { keyOf, metaRef, refOf } from './owned.ts';

const PersistentVolume = clusterScoped<KubeObject>('', 'v1', 'PersistentVolume', 'persistentvolumes');
const PROTECTION = 'kubernetes.io/pvc-protection';

const claimsOf = (pod: Pod): string[] =>
  (pod.spec?.volumes ?? []).flatMap(
    ({ persistentVolumeClaim: source }) => (source as { claimName?: string })?.claimName ?? [],
  );

export const volumeBinder: Controller = {
  name: 'persistent-volume-binder',
  watches: ['persistentvolumeclaims', 'pods'],
  keysOf({ storage, type, entry }) {
    if (storage === 'persistentvolumeclaims') return [type === 'DELETED' ? `pvc-${entry.uid}` : keyOf(entry)];
    return type === 'DELETED' ? claimsOf(entry.object).map((name) => keyOf({ ...entry, name })) : [];
  },
  async reconcile(key, { client }) {
    if (!key.includes('/')) return client.delete(PersistentVolume, { name: key });
    const claim = client.find(PersistentVolumeClaim, refOf(key));
    if (claim === undefined) return;
    const { uid, name, namespace, finalizers = [], deletionTimestamp } = claim.metadata;
    if (deletionTimestamp !== undefined) {
      const used = client.list(Pod, namespace).some((pod) => claimsOf(pod).includes(name));
      const others = finalizers.filter((finalizer) => finalizer !== PROTECTION);
      if (used || others.length === finalizers.length) return;
      await client.patch(PersistentVolumeClaim, metaRef(claim), { metadata: { finalizers: others } });
      return;
    }
    const { accessModes, resources, storageClassName, volumeName } = claim.spec ?? {};
    if (volumeName !== undefined || claim.status?.phase === 'Bound') return;
    const volume = `pvc-${uid}`;
    const capacity = { storage: resources?.requests?.storage ?? '1Gi' };
    if (client.find(PersistentVolume, { name: volume }) === undefined) {
      const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid };
      const hostPath = { path: `/var/lib/kube-sim/${volume}` };
      const spec = {
        capacity,
        accessModes,
        claimRef,
        storageClassName,
        persistentVolumeReclaimPolicy: 'Delete',
        hostPath,
      };
      const metadata = { name: volume };
      await client.create(PersistentVolume, { apiVersion: 'v1', kind: 'PersistentVolume', metadata, spec });
      await client.patch(PersistentVolume, metadata, { status: { phase: 'Bound' } }, 'status');
    }
    const annotations = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' };
    const bound = { metadata: { annotations }, spec: { volumeName: volume } };
    await client.patch(PersistentVolumeClaim, metaRef(claim), bound);
    const status = { phase: 'Bound', accessModes, capacity };
    await client.patch(PersistentVolumeClaim, metaRef(claim), { status }, 'status');
  },
};
