/** Limits of a namespace: ResourceQuota and LimitRange. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { casesOf, type Scope } from '../case.ts';
import {
  configMap,
  configMaps,
  container,
  del,
  get,
  patch,
  pod,
  pods,
  post,
  put,
  secrets,
  services,
} from '../requests.ts';

const quotas = '/api/v1/namespaces/{ns}/resourcequotas';
const limits = '/api/v1/namespaces/{ns}/limitranges';
const still = { schedulerName: 'nobody' };
const sized = (requests: object, more: object = {}) => ({
  ...still,
  containers: [{ ...container, resources: { requests, ...more } }],
});

/** One of everything that quotas here count, by dry run. */
const counted = [
  post(`${pods}?dryRun=All`, pod('probe', still)),
  post(
    `${pods}?dryRun=All`,
    pod('probe', sized({ cpu: '1m', memory: '1Mi' }, { limits: { cpu: '1m', memory: '1Mi' } })),
  ),
  post(`${secrets}?dryRun=All`, { metadata: { name: 'probe' } }),
  post(`${configMaps}?dryRun=All`, configMap('probe')),
  post(`${services}?dryRun=All`, { metadata: { name: 'probe' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } }),
];

/**
 * A quota that is in force: the API server reads quotas from a cache, and for half a minute remembers that a namespace
 * had none. One that allows nothing shows by its refusal that it is known, and by its end that what it allows is.
 */
async function quota(s: Scope, hard: Record<string, string>, spec: object = {}): Promise<void> {
  const nothing = Object.fromEntries(Object.keys(hard).map((resource) => [resource, '0']));
  const refusals = async (pattern: RegExp) => {
    const answers = await Promise.all(counted.map((request) => s.send(request)));
    return answers.filter(({ body }) => pattern.test(String(body.message))).length;
  };
  await s.do(post(quotas, { metadata: { name: 'q' }, spec: { hard: nothing, ...spec } }));
  await s.until('the quota to be known', async () => (await refusals(/exceeded quota/)) > 0);
  await s.do(patch('merge', `${quotas}/q`, { spec: { hard } }));
  await s.until('the quota to be counted', async () => {
    const { status } = await s.do(get(`${quotas}/q`));
    return isDeepStrictEqual(status?.hard, hard) && status?.used !== undefined;
  });
  await s.until('what it allows to be known', async () => (await refusals(/exceeded quota|status unknown/)) === 0);
}

const used = async (s: Scope) => (await s.do(get(`${quotas}/q`))).status.used;
const usedToBe = (s: Scope, wanted: object) =>
  s.until('the quota to be counted anew', async () => {
    expect(await used(s)).toEqual(wanted);
    return true;
  });

async function limit(s: Scope, ...entries: object[]): Promise<void> {
  await s.do(post(limits, { metadata: { name: 'l' }, spec: { limits: entries } }));
  // The API server reads limits from a cache; a pod that must change shows that they are in it.
  await s.until('the limits to be in force', async () => {
    const { body } = await s.send(post(`${pods}?dryRun=All`, pod('probe', still)));
    return body.reason === 'Forbidden' || body.metadata?.annotations?.['kubernetes.io/limit-ranger'] !== undefined;
  });
}

export const apiQuotaCases = casesOf('api-quota', {
  'quota-counts': [
    'a quota counts what is there, and what goes',
    async (s) => {
      await s.do(post(configMaps, configMap('one')));
      await quota(s, { pods: '2', configmaps: '5', 'count/secrets': '3' });
      expect(await used(s)).toEqual({ configmaps: '2', 'count/secrets': '0', pods: '0' });
      await s.do(post(pods, pod('a', still)));
      expect((await used(s)).pods).toBe('1');
      await s.do(del(`${pods}/a`));
      await usedToBe(s, { configmaps: '2', 'count/secrets': '0', pods: '0' });
    },
  ],
  'quota-refuses-count': [
    'what is beyond the quota is refused',
    async (s) => {
      await quota(s, { 'count/secrets': '1' });
      await s.do(post(secrets, { metadata: { name: 'a' } }));
      const { code, body } = await s.send(post(secrets, { metadata: { name: 'b' } }));
      s.golden({ code, body });
    },
  ],
  'quota-refuses-sum': [
    'also in sums of requests',
    async (s) => {
      await quota(s, { 'requests.cpu': '1', 'requests.memory': '1Gi' });
      await s.do(post(pods, pod('a', sized({ cpu: '600m', memory: '512Mi' }))));
      expect(await used(s)).toEqual({ 'requests.cpu': '600m', 'requests.memory': '512Mi' });
      const { code, body } = await s.send(post(pods, pod('b', sized({ cpu: '500m', memory: '1Gi' }))));
      s.golden({ code, body });
    },
  ],
  'quota-wants-numbers': [
    'a pod must say what it needs where the quota counts it',
    async (s) => {
      await quota(s, { 'requests.cpu': '1', 'limits.memory': '1Gi' });
      const { code, body } = await s.send(post(pods, pod('a', still)));
      s.golden({ code, body });
    },
  ],
  'quota-scope': [
    'a quota can be for pods without any numbers only',
    async (s) => {
      await quota(s, { pods: '1' }, { scopes: ['BestEffort'] });
      await s.do(post(pods, pod('a', still)));
      expect((await s.send(post(pods, pod('b', still)))).code).toBe(403);
      expect((await s.send(post(pods, pod('c', sized({ cpu: '1' }))))).code).toBe(201);
    },
  ],
  'quota-lowered': [
    'lowering a quota refuses the next, not what is there',
    async (s) => {
      await quota(s, { services: '3' });
      for (const name of ['a', 'b'])
        await s.do(post(services, { metadata: { name }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } }));
      await s.do(patch('merge', `${quotas}/q`, { spec: { hard: { services: '1' } } }));
      await s.until(
        'the new number to be in force',
        async () => (await s.do(get(`${quotas}/q`))).status.hard.services === '1',
      );
      expect(await used(s)).toEqual({ services: '2' });
      const { code } = await s.send(
        post(services, { metadata: { name: 'c' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } }),
      );
      expect(code).toBe(403);
    },
  ],
  'quota-dry-run': [
    'a dry run is refused as well, and counts nothing',
    async (s) => {
      await quota(s, { 'count/secrets': '1' });
      await s.do(post(`${secrets}?dryRun=All`, { metadata: { name: 'a' } }));
      await s.do(post(`${secrets}?dryRun=All`, { metadata: { name: 'b' } }));
      expect(await used(s)).toEqual({ 'count/secrets': '0' });
    },
  ],
  'limit-defaults': [
    'a limit range gives numbers to who has none',
    async (s) => {
      await limit(s, { type: 'Container', default: { cpu: '500m', memory: '256Mi' }, defaultRequest: { cpu: '100m' } });
      const made = await s.do(
        post(
          `${pods}?dryRun=All`,
          pod('a', {
            ...still,
            containers: [container, { ...container, name: 'd', resources: { limits: { cpu: '1' } } }],
          }),
        ),
      );
      s.golden({
        resources: made.spec.containers.map(({ resources }: { resources: object }) => resources),
        annotations: made.metadata.annotations,
        qosClass: made.status.qosClass,
      });
    },
  ],
  'limit-refuses': [
    'and refuses numbers beyond its own',
    async (s) => {
      await limit(
        s,
        { type: 'Container', max: { cpu: '1' }, min: { memory: '64Mi' }, maxLimitRequestRatio: { cpu: '2' } },
        { type: 'Pod', max: { memory: '1Gi' } },
      );
      const answers = [];
      for (const [requests, bounds] of [
        [
          { cpu: '2', memory: '64Mi' },
          { cpu: '2', memory: '64Mi' },
        ],
        [
          { cpu: '500m', memory: '1Mi' },
          { cpu: '500m', memory: '64Mi' },
        ],
        [
          { cpu: '100m', memory: '64Mi' },
          { cpu: '1', memory: '64Mi' },
        ],
        [
          { cpu: '1', memory: '2Gi' },
          { cpu: '1', memory: '2Gi' },
        ],
      ] as const) {
        const { code, body } = await s.send(post(`${pods}?dryRun=All`, pod('a', sized(requests, { limits: bounds }))));
        answers.push({ code, body });
      }
      s.golden(answers);
    },
  ],
  'limit-claims': [
    'claims have limits too',
    async (s) => {
      await limit(
        s,
        { type: 'PersistentVolumeClaim', max: { storage: '2Gi' }, min: { storage: '1Gi' } },
        { type: 'Container', default: { cpu: '1' } },
      );
      const claim = (storage: string) => ({
        metadata: { name: 'c' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
      });
      const path = '/api/v1/namespaces/{ns}/persistentvolumeclaims';
      const { code, body } = await s.send(post(path, claim('3Gi')));
      s.golden({ code, body });
      expect((await s.send(post(path, claim('1Gi')))).code).toBe(201);
    },
  ],
  'quota-status-is-the-controllers': [
    'who writes a quota does not write its status',
    async (s) => {
      await quota(s, { pods: '2' });
      const read = await s.do(get(`${quotas}/q`));
      const written = await s.do(put(`${quotas}/q`, { ...read, status: { used: { pods: '9' } } }));
      expect(written.status.used).toEqual({ pods: '0' });
    },
  ],
});
