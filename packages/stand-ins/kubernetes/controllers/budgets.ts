/** The counts of ResourceQuotas and PodDisruptionBudgets: what is used, and what may go. */
import { PodDisruptionBudget } from '@kubenova/kube/kinds/autoscaling.ts';
import { ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { formatQuantity } from '@kubenova/kube-model/schema/quantity.ts';
import { labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';
import { quotaUsage } from '@kubenova/kube-sim/admission/resource-quota.ts';
import type { Controller } from './controller.ts';
import * as owned from './owned.ts';

export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  keysOf({ storage, type, entry, previous }, { store }) {
    if (storage === 'resourcequotas') return type === 'DELETED' ? [] : [owned.keyOf(entry)];
    const { namespace } = entry;
    if (namespace === '' || storage === 'events' || store.count('resourcequotas', namespace) === 0) return [];
    // A pod stops counting when it ends; what others use changes with their spec.
    const [now, before] = [entry, previous].map((version) => {
      const { phase } = (version?.object.status ?? {}) as { phase?: string };
      return `${version?.object.metadata.generation} ${phase}`;
    });
    if (type === 'MODIFIED' && storage !== 'services' && now === before) return [];
    return store.list('resourcequotas', { namespace }).entries.map(owned.keyOf);
  },
  async reconcile(key, context) {
    const quota = context.client.find(ResourceQuota, owned.refOf(key));
    if (quota === undefined) return;
    const used = [...quotaUsage(context.store, quota)].map(([name, amount]) => [name, formatQuantity(amount)] as const);
    const status = { hard: quota.spec?.hard ?? {}, used: Object.fromEntries(used) };
    await owned.writeStatus(context, ResourceQuota, quota, status);
  },
};

/** Shares are of the pods that are there, not of what their owners ask for. */
export const disruptionController: Controller = {
  name: 'disruption-controller',
  watches: ['poddisruptionbudgets.policy', 'pods'],
  keysOf({ storage, type, entry }, { store }) {
    if (storage !== 'pods') return type === 'DELETED' ? [] : [owned.keyOf(entry)];
    return store.list('poddisruptionbudgets.policy', { namespace: entry.namespace }).entries.map(owned.keyOf);
  },
  async reconcile(key, context) {
    const budget = context.client.find(PodDisruptionBudget, owned.refOf(key));
    if (budget?.spec === undefined) return;
    const { minAvailable = 0, maxUnavailable, selector } = budget.spec;
    const matches = labelSelectorPredicate(selector);
    const pods = context.client.list(Pod, budget.metadata.namespace).filter((pod) => matches(pod.metadata.labels));
    const expectedPods = pods.length;
    const currentHealthy = pods.filter((pod) => owned.isActive(pod) && owned.isReady(pod)).length;
    const share = owned.portion(maxUnavailable ?? minAvailable, expectedPods, Math.ceil);
    const desiredHealthy = maxUnavailable === undefined ? share : Math.max(0, expectedPods - share);
    const disruptionsAllowed = Math.max(0, currentHealthy - desiredHealthy);
    const counts = { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods };
    const observedGeneration = budget.metadata.generation;
    await owned.writeStatus(context, PodDisruptionBudget, budget, { ...counts, observedGeneration });
  },
};
