/** A cluster without HTTP, admission or controllers, and calls on it. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { systemClock } from '@kubenova/kube-model/clock.ts';
import { builtinTypes } from '@kubenova/kube-model/resources/builtin.ts';
import { createRegistry } from '@kubenova/kube-model/resources/registry.ts';
import type { AdmissionPlugin } from '../../admission/admission.ts';
import { createStore } from '../../store/memory-store.ts';
import type { Call, VerbParts, WriteOptions } from '../verbs/call.ts';

export const OPTIONS: WriteOptions = { dryRun: false, fieldManager: 'test', fieldValidation: 'Warn', force: false };

export interface World extends VerbParts {
  /** A call on `a` (or `a/x`) in the namespace `ns`; the kind by its plural, as in `deployments.apps`. */
  on(plural: string, name?: string, subresource?: string): Call;
}

export function createWorld(admission: readonly AdmissionPlugin[] = []): World {
  const store = createStore();
  const resources = createRegistry(builtinTypes());
  return {
    store,
    resources,
    clock: systemClock(),
    admission,
    on(plural, name = '', subresource) {
      const type = resources.byStorage(plural);
      if (type === undefined) throw new Error(`${plural} is not served`);
      const user = { username: 'tester', groups: [] };
      return { user, type, namespace: type.namespaced ? 'ns' : '', name, subresource, warnings: [] };
    },
  };
}

export const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
