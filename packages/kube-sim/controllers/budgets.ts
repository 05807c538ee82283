/** The status of ResourceQuotas and PodDisruptionBudgets: what is used, and what may go. */
import { isDeepStrictEqual } from 'node:util';
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
    if (entry.namespace === '' || storage === 'events' || store.count('resourcequotas', entry.namespace) === 0)
      return [];
    // A pod stops counting when it ends; what others use changes with their spec.
    const counted = (version: typeof previous) => {
      const { phase } = (version?.object.status ?? {}) as { phase?: string };
      return `${version?.object.metadata.generation} ${phase}`;
    };
    if (type === 'MODIFIED' && storage !== 'services' && counted(previous) === counted(entry)) return [];
    return store.list('resourcequotas', { namespace: entry.namespace }).entries.map(owned.keyOf);
  },
  async reconcile(key, context) {
    const quota = context.client.find(ResourceQuota, owned.refOf(key));
    if (quota === undefined) return;
    const hard = quota.spec?.hard ?? {};
    const usage = [...quotaUsage(context.store, quota)].map(
      ([name, amount]) => [name, formatQuantity(amount)] as const,
    );
    const status = { hard, used: Object.fromEntries(usage) };
    if (isDeepStrictEqual(quota.status, status)) return;
    await owned.writeStatus(context, ResourceQuota, quota, status);
  },
};

export const disruptionController: Controller = {
  name: 'disruption-controller',
  watches: ['poddisruptionbudgets.policy', 'pods'],
  keysOf({ storage, type, entry }, { store }) {
    const { namespace } = entry;
    if (storage !== 'pods') return type === 'DELETED' ? [] : [owned.keyOf(entry)];
    return store.list('poddisruptionbudgets.policy', { namespace }).entries.map(owned.keyOf);
  },
  async reconcile(key, context) {
    const { client, clock } = context;
    const budget = client.find(PodDisruptionBudget, owned.refOf(key));
    if (budget?.spec === undefined) return;
    const { minAvailable, maxUnavailable, selector } = budget.spec;
    const matches = labelSelectorPredicate(selector);
    const pods = client.list(Pod, budget.metadata.namespace).filter((pod) => matches(pod.metadata.labels));
    const currentHealthy = pods.filter((pod) => owned.isActive(pod) && owned.isReady(pod)).length;
    // Shares are of what the owners ask for; a plain number is of the pods that are there.
    const owners = new Map(pods.map((pod) => [owned.controllerOf(pod)?.uid, owned.controllerOf(pod)]));
    const scale = [...owners.values()].reduce((total, owner) => {
      const resource = owner?.kind === 'StatefulSet' ? StatefulSet : ReplicaSet;
      const found =
        owner &&
        client.find<ReplicaSet | StatefulSet>(resource, { name: owner.name, namespace: budget.metadata.namespace });
      return total + (found?.spec?.replicas ?? 0);
    }, 0);
    const absolute = maxUnavailable === undefined && typeof minAvailable !== 'string';
    const expectedPods = absolute ? pods.length : scale;
    const desiredHealthy =
      maxUnavailable === undefined
        ? portion(minAvailable, expectedPods, Math.ceil)
        : Math.max(0, expectedPods - portion(maxUnavailable, expectedPods, Math.ceil));
    const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const generation = budget.metadata.generation;
    const { conditions = [] } = (budget.status ?? {}) as { conditions?: owned.StatusCondition[] };
    const allowed = disruptionsAllowed > 0;
    const next = {
      type: 'DisruptionAllowed',
      status: allowed ? 'True' : 'False',
      reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      ...(generation !== undefined && { observedGeneration: generation }),
    } as const;
    await owned.writeStatus(context, PodDisruptionBudget, budget, {
      conditions: owned.withCondition(conditions, next, timestamp(clock)),
      currentHealthy,
      desiredHealthy,
      disruptionsAllowed,
      expectedPods,
      observedGeneration: generation,
    });
  },
};
