import { KubeError } from '@kubenova/kube/error.ts';
import { describe, expect, it } from 'vitest';
import { probeUsage } from './usage-probe.ts';

const signal = new AbortController().signal;
const projectOf = new Map([['tn-acme-shop-app-web', 'shop']]);
const namespace = 'tn-acme-shop-app-web';

/** An API server that answers lists, each as its pages; what it does not have it does not know. */
function cluster(lists: Record<string, object[][]>) {
  const asked: { path: string; query: Record<string, unknown>; accept?: string }[] = [];
  return {
    asked,
    kube: {
      async request(
        _method: string,
        path: string,
        options: { query?: Record<string, unknown>; headers?: Record<string, string> } = {},
      ) {
        asked.push({ path, query: options.query ?? {}, accept: options.headers?.accept });
        const pages = lists[path];
        if (pages === undefined) throw new KubeError('NotFound', `GET ${path}: 404`, { code: 404 });
        const index = Number(options.query?.continue ?? 0);
        const next = index + 1 < pages.length ? String(index + 1) : '';
        return { metadata: { continue: next }, items: pages[index] };
      },
    },
  };
}

const pod = (cpu: string) => ({
  metadata: { namespace },
  spec: { containers: [{ resources: { requests: { cpu } } }] },
  status: { phase: 'Running' },
});
const nothing = {
  '/api/v1/persistentvolumeclaims': [[]],
  '/api/v1/configmaps': [[]],
  '/api/v1/services': [[{ metadata: { namespace } }, { metadata: { namespace: 'default' } }]],
  '/apis/apps/v1/deployments': [[]],
  '/apis/apps/v1/statefulsets': [[]],
  '/apis/batch/v1/jobs': [[]],
};

describe('what is read of a cluster', () => {
  it('are all pages of its pods but for the finished ones, and no content of what is only counted', async () => {
    const { kube, asked } = cluster({ ...nothing, '/api/v1/pods': [[pod('1'), pod('2')], [pod('500m')]] });
    const usage = await probeUsage(kube, projectOf, signal);
    expect(usage.get('shop')).toEqual({
      requested: { cpu: 3.5, memory: 0, storage: 0, pods: 3, services: 1 },
      used: null,
    });
    const pods = asked.filter(({ path }) => path === '/api/v1/pods');
    expect(pods.map(({ query }) => query.continue)).toEqual([undefined, '1']);
    expect(pods[0]?.query).toMatchObject({ fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed', limit: 500 });
    const counted = asked.filter(({ path }) => /configmaps|services|apps|batch/.test(path));
    expect(counted.every(({ accept }) => accept?.startsWith('application/json;as=PartialObjectMetadataList'))).toBe(
      true,
    );
  });

  it('is what the metrics API measured, where there is one', async () => {
    const measured = { metadata: { namespace }, containers: [{ usage: { cpu: '250m', memory: '64Mi' } }] };
    const { kube } = cluster({ ...nothing, '/api/v1/pods': [[]], '/apis/metrics.k8s.io/v1beta1/pods': [[measured]] });
    expect((await probeUsage(kube, projectOf, signal)).get('shop')?.used).toEqual({ cpu: 0.25, memory: 2 ** 26 });
  });

  it.each(['Forbidden', 'ServerError'] as const)('is not known where that answers %s', async (reason) => {
    const { kube } = cluster({ ...nothing, '/api/v1/pods': [[]] });
    const failing: typeof kube = {
      request: (method, path, options) =>
        path.includes('metrics') ? Promise.reject(new KubeError(reason, 'no')) : kube.request(method, path, options),
    };
    expect((await probeUsage(failing, projectOf, signal)).get('shop')?.used).toBeNull();
  });

  it('is nothing when the pods cannot be read', async () => {
    const { kube } = cluster(nothing);
    await expect(probeUsage(kube, projectOf, signal)).rejects.toThrow(/pods/);
  });
});
