/**
 * Amounts of resources as canonical numbers, so that what is allowed, requested and used can be held against each other:
 * cores, bytes and pieces, under one name each. A ResourceQuota knows two names for some: `cpu` and `requests.cpu` are
 * the same limit, and so are `pods` and `count/pods`.
 */
import type { Quotas, ResourceAmounts } from '@kubenova/knapi/schemas.ts';
import { parseQuantity } from './quantity.ts';

const SYNONYMS: Readonly<Record<string, string>> = {
  'requests.cpu': 'cpu',
  'requests.memory': 'memory',
  'requests.ephemeral-storage': 'ephemeral-storage',
  'requests.storage': 'storage',
};
/** Core kinds that a quota counts by their bare name as well. */
const COUNTED_BARE = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'secrets',
  'services',
]);

/** The one name of a resource. */
export function canonicalResource(name: string): string {
  const counted = name.startsWith('count/') ? name.slice('count/'.length) : undefined;
  if (counted !== undefined && COUNTED_BARE.has(counted)) return counted;
  return SYNONYMS[name] ?? name;
}

/** Hard limits as numbers; where two names of one resource are limited, the lower one holds. */
export function quotaAmounts(quotas: Quotas): ResourceAmounts {
  const amounts: ResourceAmounts = {};
  for (const [name, quantity] of Object.entries(quotas)) {
    const value = parseQuantity(quantity);
    if (value === undefined) continue;
    const resource = canonicalResource(name);
    amounts[resource] = Math.min(amounts[resource] ?? Number.POSITIVE_INFINITY, value);
  }
  return amounts;
}

/** Adds `more` to `sum`, in place. */
export function addAmounts(sum: ResourceAmounts, more: Readonly<ResourceAmounts>): void {
  for (const [resource, value] of Object.entries(more)) sum[resource] = (sum[resource] ?? 0) + value;
}

/** Raises `most` to `other` where that is more, in place. */
export function raiseAmounts(most: ResourceAmounts, other: Readonly<ResourceAmounts>): void {
  for (const [resource, value] of Object.entries(other)) most[resource] = Math.max(most[resource] ?? 0, value);
}

/** Without what adding doubles leaves behind: Kubernetes itself knows no less than a billionth of a core. */
export function roundedAmounts(amounts: Readonly<ResourceAmounts>): ResourceAmounts {
  return Object.fromEntries(
    Object.entries(amounts).map(([resource, value]) => [resource, Math.round(value * 1e9) / 1e9]),
  );
}
