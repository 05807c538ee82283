/**
 * Hard limits as a ResourceQuota takes them. Capsule stores whatever it is given and fails in each namespace later, so
 * they are held here against what the API server will say.
 * Source: `ValidateResourceQuotaSpec` of Kubernetes 1.37.
 */
import type { ProblemError, Quotas } from '@kubenova/knapi/schemas.ts';
import { parseQuantity } from '../quantity.ts';
import { isExtendedResource, isHugePages, isQualifiedName, QUALIFIED_NAME_FORM } from './kubernetes-names.ts';
import { pointer } from './pointer.ts';

const COUNTED: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
]);

const MEASURED: ReadonlySet<string> = new Set([
  'cpu',
  'ephemeral-storage',
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
  'requests.storage',
]);

/** What people write instead of what a ResourceQuota calls it. */
const MEANT: Readonly<Record<string, string>> = {
  storage: 'requests.storage',
  'limits.storage': 'requests.storage',
  pvcs: 'persistentvolumeclaims',
  loadbalancers: 'services.loadbalancers',
  nodeports: 'services.nodeports',
  deployments: 'count/deployments.apps',
  statefulsets: 'count/statefulsets.apps',
  jobs: 'count/jobs.batch',
  cronjobs: 'count/cronjobs.batch',
  ingresses: 'count/ingresses.networking.k8s.io',
};

/** What is wrong with hard limits, with pointers below `at`. */
export function quotaProblems(quotas: Quotas, at: readonly string[] = []): ProblemError[] {
  return Object.entries(quotas).flatMap(([name, quantity]) => {
    const detail = nameProblem(name) ?? quantityProblem(name, quantity);
    return detail === undefined ? [] : [{ pointer: pointer(...at, name), detail }];
  });
}

function nameProblem(name: string): string | undefined {
  if (!isQualifiedName(name)) return `${name} is not the name of a resource: it takes ${QUALIFIED_NAME_FORM}.`;
  const known = COUNTED.has(name) || MEASURED.has(name) || isHugePages(name.replace(/^requests\./, ''));
  if (known || name.includes('/')) return undefined;
  const meant = MEANT[name];
  if (meant !== undefined) return `A ResourceQuota does not know ${name}. Write ${meant}.`;
  return `A ResourceQuota does not know ${name}. It takes ${[...MEASURED, ...COUNTED].join(', ')}, hugepages-<size>, count/<resource>.<group>, requests.<extended resource> and <class>.storageclass.storage.k8s.io/requests.storage.`;
}

function quantityProblem(name: string, quantity: string): string | undefined {
  const value = parseQuantity(quantity);
  if (value === undefined) return `${quantity} is not a quantity. Write it as 500m, 2 or 4Gi.`;
  const counted = COUNTED.has(name) || isExtendedResource(name);
  return counted && !Number.isInteger(value) ? `${name} is counted in whole pieces; ${quantity} is none.` : undefined;
}
