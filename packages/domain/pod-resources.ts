/**
 * What a pod takes up, as the scheduler and a ResourceQuota count it.
 *
 * Containers run side by side, so theirs add up. Init containers run one after another before them, so only the largest
 * counts, and only where it is more than all containers together. A sidecar (an init container that is restarted always)
 * goes on: it adds to the containers, and to every init container after it. What a pod asks for as a whole stands in for
 * what its containers ask for. The overhead of its runtime class comes on top.
 * While a pod is being resized in place it takes up the most of what it asks for, was allotted and still has.
 *
 * Sources: `k8s.io/component-helpers/resource` (`PodRequests`, `PodLimits`), KEP-753, KEP-1287, KEP-2837.
 */
import type { ResourceAmounts } from '@kubenova/knapi/schemas.ts';
import { recordAt, recordsAt, textAt } from './dig.ts';
import { isRecord } from './manifest.ts';
import { parseQuantity } from './quantity.ts';
import { addAmounts, raiseAmounts } from './resource-amounts.ts';

type Resources = (container: Record<string, unknown>) => ResourceAmounts;

/** What has to be free on a node for the pod: `cpu`, `memory` and whatever else it asks for. */
export function podRequests(pod: unknown): ResourceAmounts {
  // A resize that no node can fulfil is not what the pod will have.
  const infeasible = isResizeInfeasible(pod);
  const asked: Resources = (container) => (infeasible ? {} : amountsOf(recordAt(container, 'resources', 'requests')));
  const statuses = new Map(
    [...recordsAt(pod, 'status', 'containerStatuses'), ...recordsAt(pod, 'status', 'initContainerStatuses')].map(
      (status) => [textAt(status, 'name'), status],
    ),
  );
  const statusOf = (container: Record<string, unknown>) => statuses.get(textAt(container, 'name'));
  const allotted: Resources = (container) => {
    const status = statusOf(container);
    return isRecord(status?.allocatedResources) ? amountsOf(status.allocatedResources) : asked(container);
  };
  const held: Resources = (container) => {
    const requests = recordAt(statusOf(container), 'resources', 'requests');
    return Object.keys(requests).length > 0 ? amountsOf(requests) : allotted(container);
  };
  const requests = ofContainers(pod, asked);
  raiseAmounts(requests, ofContainers(pod, allotted));
  raiseAmounts(requests, ofContainers(pod, held));
  Object.assign(requests, ofWholePod(pod, 'requests'));
  addAmounts(requests, amountsOf(recordAt(pod, 'spec', 'overhead')));
  return requests;
}

/** What the pod may take up at most, of what it limits. */
export function podLimits(pod: unknown): ResourceAmounts {
  const limits = ofContainers(pod, (container) => amountsOf(recordAt(container, 'resources', 'limits')));
  Object.assign(limits, ofWholePod(pod, 'limits'));
  // What is not limited stays so: a limit of the overhead alone would be none of the pod's.
  for (const [resource, value] of Object.entries(amountsOf(recordAt(pod, 'spec', 'overhead')))) {
    const limit = limits[resource];
    if (limit !== undefined && limit > 0) limits[resource] = limit + value;
  }
  return limits;
}

function ofContainers(pod: unknown, resources: Resources): ResourceAmounts {
  const total: ResourceAmounts = {};
  for (const container of recordsAt(pod, 'spec', 'containers')) addAmounts(total, resources(container));
  const sidecars: ResourceAmounts = {};
  const starting: ResourceAmounts = {};
  for (const container of recordsAt(pod, 'spec', 'initContainers')) {
    const own = resources(container);
    if (container.restartPolicy === 'Always') {
      addAmounts(total, own);
      addAmounts(sidecars, own);
      raiseAmounts(starting, sidecars);
    } else {
      const together = { ...own };
      addAmounts(together, sidecars);
      raiseAmounts(starting, together);
    }
  }
  raiseAmounts(total, starting);
  return total;
}

/** Pod-level resources; Kubernetes heeds them for these only. */
function ofWholePod(pod: unknown, kind: 'requests' | 'limits'): ResourceAmounts {
  const amounts = amountsOf(recordAt(pod, 'spec', 'resources', kind));
  return Object.fromEntries(
    Object.entries(amounts).filter(([name]) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')),
  );
}

function isResizeInfeasible(pod: unknown): boolean {
  return recordsAt(pod, 'status', 'conditions').some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
}

function amountsOf(quantities: Record<string, unknown>): ResourceAmounts {
  const amounts: ResourceAmounts = {};
  for (const [resource, quantity] of Object.entries(quantities)) {
    const value = typeof quantity === 'string' || typeof quantity === 'number' ? parseQuantity(quantity) : undefined;
    if (value !== undefined) amounts[resource] = value;
  }
  return amounts;
}
