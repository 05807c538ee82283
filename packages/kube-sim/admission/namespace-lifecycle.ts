/** Nothing is made in a namespace that is not there or is going, and some namespaces never go. */
import { notFound } from '@kubenova/kube-model/api-error.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin } from './admission.ts';
import { refused } from './request-matcher.ts';

const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

export function namespaceLifecycle(store: Store): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    mutate(request) {
      const { type, namespace, operation } = request;
      if (type.storage === 'namespaces') {
        if (operation === 'DELETE' && IMMORTAL.has(request.name)) {
          throw refused(request, 'this namespace may not be deleted');
        }
        return;
      }
      // A review of one's own rights must not tell whether a namespace is there.
      if (namespace === '' || operation !== 'CREATE' || type.kind.endsWith('AccessReview')) return;
      const found = store.get('namespaces', '', namespace)?.object;
      if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
      if ((found.status as { phase?: string } | undefined)?.phase !== 'Terminating') return;
      const message = `namespace ${namespace} is being terminated`;
      throw refused(request, `unable to create new content in ${message.replace(' is', ' because it is')}`, [
        { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' },
      ]);
    },
  };
}
