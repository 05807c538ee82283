import { expect, it } from 'vitest';
import { addClaim, addCounted, addMeasured, addPod, emptyTally, usageOf } from './usage-tally.ts';

const projectOf = new Map([
  ['tn-a-app-one', 'shop'],
  ['tn-a-sbx-001', 'shop'],
  ['tn-b-app-two', 'blog'],
  ['tn-c-sbx-001', 'idle'],
]);
const pod = (namespace: string, cpu: string, phase = 'Running') => ({
  metadata: { namespace },
  spec: { containers: [{ name: 'c', resources: { requests: { cpu }, limits: { cpu: '1' } } }] },
  status: { phase },
});

it('adds up what the namespaces of each project hold', () => {
  const pods = emptyTally(projectOf);
  addPod(pods, projectOf, pod('tn-a-app-one', '100m'));
  addPod(pods, projectOf, pod('tn-a-app-one', '200m', 'Pending'));
  addPod(pods, projectOf, pod('tn-a-sbx-001', '50m'));
  addPod(pods, projectOf, pod('tn-b-app-two', '2'));
  for (const [namespace, phase] of [
    ['tn-a-app-one', 'Succeeded'],
    ['tn-a-app-one', 'Failed'],
    ['kube-system', 'Running'],
  ]) {
    addPod(pods, projectOf, pod(namespace ?? '', '32', phase));
  }
  const claims = emptyTally(projectOf);
  addClaim(claims, projectOf, {
    metadata: { namespace: 'tn-a-sbx-001' },
    spec: { resources: { requests: { storage: '1Gi' } } },
  });
  addClaim(claims, projectOf, { metadata: { namespace: 'tn-a-sbx-001' }, spec: {} });
  addCounted(claims, projectOf, { metadata: { namespace: 'tn-b-app-two' } }, 'services');

  const usage = usageOf([pods, claims], undefined);
  expect(Object.fromEntries(usage)).toEqual({
    shop: {
      requested: { cpu: 0.35, memory: 0, storage: 2 ** 30, pods: 3, persistentvolumeclaims: 2, 'limits.cpu': 3 },
      used: null,
    },
    blog: { requested: { cpu: 2, memory: 0, storage: 0, pods: 1, services: 1, 'limits.cpu': 1 }, used: null },
    idle: { requested: { cpu: 0, memory: 0, storage: 0, pods: 0 }, used: null },
  });
});

it('adds up what was measured, and knows nothing measured from nothing used', () => {
  const measured = emptyTally(projectOf);
  const metrics = (cpu: string, memory: string) => ({
    metadata: { namespace: 'tn-a-app-one' },
    containers: [{ usage: { cpu, memory } }, { usage: { cpu: '500u', memory: '1Ki' } }],
  });
  addMeasured(measured, projectOf, metrics('1500n', '2Ki'));
  addMeasured(measured, projectOf, metrics('3m', '1Ki'));
  const usage = usageOf([emptyTally(projectOf)], measured);
  expect(usage.get('shop')?.used).toEqual({ cpu: 0.0040015, memory: 5 * 1024 });
  expect(usage.get('idle')?.used).toEqual({ cpu: 0, memory: 0 });
});
