/** The status of ResourceQuotas and PodDisruptionBudgets: what is used, and what may go. */
import { ReplicaSet, StatefulSet } from '@kubenova/kube/kinds/apps.ts';
import { PodDisruptionBudget } from '@kubenova/kube/kinds/autoscaling.ts';
import { ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { quotaUsage } from '../admission/resource-quota.ts';
import { timestamp } from '../clock.ts';
import { formatQuantity } from '../schema/quantity.ts';
import { labelSelectorPredicate } from '../selectors/label.ts';
import type { Controller } from './controller.ts';
import { portion } from './deployment.ts';
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

export const disruptionController: Controller = {
  name: 'disruption-controller',
  watches: ['poddisruptionbudgets.policy', 'pods'],
  keysOf({ storage, type, entry }, { store }) {
    if (storage !== 'pods') return type === 'DELETED' ? [] : [owned.keyOf(entry)];
    return store.list('poddisruptionbudgets.policy', { namespace: entry.namespace }).entries.map(owned.keyOf);
  },
  async reconcile(key, context) {
    const { client } = context;
    const budget = client.find(PodDisruptionBudget, owned.refOf(key));
    if (budget?.spec === undefined) return;
    const { minAvailable = 0, maxUnavailable, selector } = budget.spec;
    const { namespace, generation } = budget.metadata;
    const matches = labelSelectorPredicate(selector);
    const pods = client.list(Pod, namespace).filter((pod) => matches(pod.metadata.labels));
    const currentHealthy = pods.filter((pod) => owned.isActive(pod) && owned.isReady(pod)).length;
    // Shares are of what the owners ask for; a plain number is of the pods that are there.
    const owners = new Map(pods.map((pod) => [owned.controllerOf(pod)?.uid, owned.controllerOf(pod)]));
    const sizes = [...owners.values()].map((owner) => {
      const resource = owner?.kind === 'StatefulSet' ? StatefulSet : ReplicaSet;
      const found = owner && client.find<ReplicaSet | StatefulSet>(resource, { name: owner.name, namespace });
      return found?.spec?.replicas ?? 0;
    });
    const counted = maxUnavailable === undefined && typeof minAvailable === 'number';
    const expectedPods = counted ? pods.length : sizes.reduce((sum, size) => sum + size, 0);
    const share = portion(maxUnavailable ?? minAvailable, expectedPods, Math.ceil);
    const desiredHealthy = maxUnavailable === undefined ? share : Math.max(0, expectedPods - share);
    const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const [status, reason] =
      disruptionsAllowed > 0 ? (['True', 'SufficientPods'] as const) : (['False', 'InsufficientPods'] as const);
    const next = { type: 'DisruptionAllowed', status, reason, message: '', observedGeneration: generation };
    const { conditions: old = [] } = (budget.status ?? {}) as { conditions?: owned.StatusCondition[] };
    const conditions = owned.withCondition(old, next, timestamp(context.clock));
    const counts = { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods };
    await owned.writeStatus(context, PodDisruptionBudget, budget, {
      conditions,
      ...counts,
      observedGeneration: generation,
    });
  },
};
