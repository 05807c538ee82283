/** Pods and all that makes them but Deployments. Needs nodes, simulated or not, on which pods become ready. */
import { expect } from 'vitest';
import { type Body, casesOf } from '../case.ts';
import {
  configMap,
  configMaps,
  container,
  del,
  deployment,
  deployments,
  get,
  names,
  pod,
  pods,
  post,
  services,
  template,
} from '../requests.ts';

import { apps, batch, condition, d, gone, podsOf, running, settled } from '../workload-state.ts';

export const workloadCases = casesOf(
  'workloads',
  {
    'pod-runs': [
      'a pod is put on a node, runs and is ready',
      async (s) => {
        await s.do(post(pods, pod('p', { containers: [container, { ...container, name: 'd' }] })));
        const { spec, status } = await running(s, 'p');
        expect(spec.nodeName).toBeTruthy();
        expect(status).toMatchObject({
          podIP: expect.stringMatching(/^\d+\./),
          hostIP: expect.any(String),
          startTime: expect.any(String),
        });
        expect(status.conditions.filter(({ status: is }: Body) => is === 'True').map(({ type }: Body) => type)).toEqual(
          expect.arrayContaining(['PodScheduled', 'Initialized', 'ContainersReady', 'Ready']),
        );
        expect(status.containerStatuses.map(({ name }: Body) => name).sort()).toEqual(['c', 'd']);
        expect(status.containerStatuses[0]).toMatchObject({
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: expect.any(String) } },
        });
      },
    ],
    'pod-pending': [
      'a pod that fits no node waits, and says why',
      async (s) => {
        await s.do(post(pods, pod('p', { containers: [{ ...container, resources: { requests: { cpu: '9999' } } }] })));
        const waiting = await s.until('the scheduler to say why', async () =>
          condition(await s.do(get(`${pods}/p`)), 'PodScheduled'),
        );
        expect(waiting).toMatchObject({
          status: 'False',
          reason: 'Unschedulable',
          message: expect.stringMatching(/^0\/\d+ nodes are available: \d+ Insufficient cpu\./),
        });
        await s.do(post(pods, pod('q', { nodeSelector: { no: 'such' } })));
        const other = await s.until('the scheduler to say why', async () =>
          condition(await s.do(get(`${pods}/q`)), 'PodScheduled'),
        );
        expect(other.message).toMatch(
          /^0\/\d+ nodes are available: \d+ node\(s\) didn't match Pod's node affinity\/selector\./,
        );
      },
    ],
    'pod-events': [
      'its way is told by events',
      async (s) => {
        await s.do(post(pods, pod('p')));
        await running(s, 'p');
        const found = await s.until('the event', async () => {
          const { items } = await s.do(
            get('/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name%3Dp%2Creason%3DScheduled'),
          );
          return items[0];
        });
        expect(found).toMatchObject({
          type: 'Normal',
          involvedObject: { kind: 'Pod', name: 'p', namespace: s.ns },
          message: expect.stringMatching(`^Successfully assigned ${s.ns}/p to `),
        });
      },
    ],
    'pod-deleted': [
      'a running pod goes',
      async (s) => {
        await s.do(post(pods, pod('p')));
        await running(s, 'p');
        await s.do(del(`${pods}/p`));
        await gone(s, `${pods}/p`);
      },
    ],
    statefulset: [
      'a StatefulSet numbers its pods and makes them in order',
      async (s) => {
        const body = {
          metadata: { name: 'w' },
          spec: { serviceName: 'w', replicas: 2, selector: { matchLabels: { app: 'w' } }, template: template('w') },
        };
        await s.do(post(apps('statefulsets'), body));
        await settled(s, `${apps('statefulsets')}/w`, 2);
        const items = await podsOf(s, 'w');
        expect(items.map(({ metadata }) => metadata.name)).toEqual(['w-0', 'w-1']);
        expect(items[0].metadata.labels).toMatchObject({
          'statefulset.kubernetes.io/pod-name': 'w-0',
          'apps.kubernetes.io/pod-index': '0',
        });
        expect(items[0].spec).toMatchObject({ hostname: 'w-0', subdomain: 'w' });
        await s.run(['scale', 'statefulset/w', '--replicas=1']);
        await gone(s, `${pods}/w-1`);
        expect(await s.run(['rollout', 'status', 'statefulset/w', '--timeout=20s'])).toContain('roll');
      },
    ],
    daemonset: [
      'a DaemonSet has a pod on every node',
      async (s) => {
        const nodes = names(await s.do(get('/api/v1/nodes')));
        await s.do(
          post(apps('daemonsets'), {
            metadata: { name: 'e' },
            spec: { selector: { matchLabels: { app: 'e' } }, template: template('e') },
          }),
        );
        await s.until(
          'all to be ready',
          async () => (await s.do(get(`${apps('daemonsets')}/e`))).status?.numberReady === nodes.length,
        );
        expect((await podsOf(s, 'e')).map(({ spec }) => spec.nodeName).sort()).toEqual(nodes);
      },
    ],
    job: [
      'a Job runs to its end, and its pods stay',
      async (s) => {
        await s.do(
          post(batch('jobs'), {
            metadata: { name: 'j' },
            spec: { completions: 2, parallelism: 2, template: template('j', { restartPolicy: 'Never' }) },
          }),
        );
        expect(await s.run(['wait', 'job/j', '--for=condition=complete', '--timeout=30s'])).toBe(
          'job.batch/j condition met\n',
        );
        const { status } = await s.do(get(`${batch('jobs')}/j`));
        expect(status).toMatchObject({
          succeeded: 2,
          completionTime: expect.any(String),
          startTime: expect.any(String),
        });
        const items = await podsOf(s, 'j');
        expect(items.map((one) => one.status.phase)).toEqual(['Succeeded', 'Succeeded']);
        expect(items[0].metadata.labels).toMatchObject({ 'job-name': 'j', 'batch.kubernetes.io/job-name': 'j' });
      },
    ],
    'job-expires': [
      'a Job with a time to live goes after it',
      async (s) => {
        await s.do(
          post(batch('jobs'), {
            metadata: { name: 'j' },
            spec: { ttlSecondsAfterFinished: 0, template: template('j', { restartPolicy: 'Never' }) },
          }),
        );
        await gone(s, `${batch('jobs')}/j`);
        await s.until('its pods to go', async () => (await podsOf(s, 'j')).length === 0);
      },
    ],
    'cronjob-by-hand': [
      'a CronJob’s Job can be made by hand; a suspended one makes none',
      async (s) => {
        await s.do(
          post(batch('cronjobs'), {
            metadata: { name: 'c' },
            spec: {
              suspend: true,
              schedule: '* * * * *',
              jobTemplate: { spec: { template: template('c', { restartPolicy: 'Never' }) } },
            },
          }),
        );
        expect(await s.run(['create', 'job', 'now', '--from=cronjob/c'])).toBe('job.batch/now created\n');
        await s.run(['wait', 'job/now', '--for=condition=complete', '--timeout=30s']);
        const job = await s.do(get(`${batch('jobs')}/now`));
        expect(job.metadata.ownerReferences).toMatchObject([{ kind: 'CronJob', name: 'c' }]);
        expect((await s.do(get(`${batch('cronjobs')}/c`))).status.lastScheduleTime).toBeUndefined();
      },
    ],
    'service-endpoints': [
      'a Service knows the ready pods that it selects',
      async (s) => {
        await s.do(
          post(services, {
            metadata: { name: 'd' },
            spec: { selector: { app: 'd' }, ports: [{ name: 'web', port: 80, targetPort: 8080 }] },
          }),
        );
        await s.do(post(deployments, deployment('d', 2)));
        await settled(s, d, 2);
        const slices =
          '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dd';
        const endpoints = await s.until('both endpoints', async () => {
          const { items } = await s.do(get(slices));
          const all = items
            .flatMap((slice: Body) => slice.endpoints ?? [])
            .filter(({ conditions }: Body) => conditions.ready);
          return all.length === 2 && items[0];
        });
        expect(endpoints).toMatchObject({ addressType: 'IPv4', ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] });
        const ips = (await podsOf(s, 'd')).map(({ status }) => status.podIP).sort();
        expect(endpoints.endpoints.flatMap(({ addresses }: Body) => addresses).sort()).toEqual(ips);
        const old = await s.until(
          'the old endpoints',
          async () => (await s.do(get('/api/v1/namespaces/{ns}/endpoints/d'))).subsets?.[0],
        );
        expect(old.addresses.map(({ ip }: Body) => ip).sort()).toEqual(ips);
        await s.run(['scale', 'deployment/d', '--replicas=0']);
        await s.until(
          'no endpoint',
          async () => (await s.do(get(slices))).items.flatMap((slice: Body) => slice.endpoints ?? []).length === 0,
        );
      },
    ],
    'autoscaler-target': [
      'an autoscaler without metrics says that it has none, and scales nothing',
      {
        only: {
          worlds: ['real'],
          why: 'the simulator runs no autoscaler: pods have no metrics there, as they have none with kwok',
        },
      },
      async (s) => {
        await s.do(post(deployments, deployment('d', 1)));
        await s.run(['autoscale', 'deployment', 'd', '--min=1', '--max=3', '--cpu=50%']);
        const path = '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers/d';
        await s.until(
          'its condition',
          async () => condition(await s.do(get(path)), 'ScalingActive')?.status === 'False',
        );
        expect((await s.do(get(d))).spec.replicas).toBe(1);
      },
    ],
    'disruption-budget': [
      'a disruption budget refuses an eviction too many',
      async (s) => {
        await s.do(post(deployments, deployment('d', 1)));
        await settled(s, d, 1);
        await s.do(
          post('/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets', {
            metadata: { name: 'b' },
            spec: { minAvailable: 1, selector: { matchLabels: { app: 'd' } } },
          }),
        );
        await s.until(
          'the budget to be counted',
          async () =>
            (await s.do(get('/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets/b'))).status?.currentHealthy === 1,
        );
        const [it] = await podsOf(s, 'd');
        const refused = await s.send(
          post(`${pods}/${it.metadata.name}/eviction`, {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { name: it.metadata.name },
          }),
        );
        s.golden({ code: refused.code, body: { ...refused.body, details: refused.body.details } });
        expect(refused).toMatchObject({
          code: 429,
          body: {
            reason: 'TooManyRequests',
            message: "Cannot evict pod as it would violate the pod's disruption budget.",
          },
        });
      },
    ],
    'volume-from-config': [
      'a pod may mount ConfigMaps and Secrets',
      async (s) => {
        await s.do(post(configMaps, configMap('one', { a: '1' })));
        const volumes = [{ name: 'v', configMap: { name: 'one' } }];
        await s.do(
          post(
            pods,
            pod('p', { volumes, containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
          ),
        );
        await running(s, 'p');
      },
    ],
  },
  ['nodes'],
);
