import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  APP_REPORT_KEY,
  type AppReport,
  appReportPatch,
  encodeAppReport,
  MAX_REPORT_BYTES,
  readAppReport,
} from './app-report.ts';
import { APP_STATE_KEY, appStateConfigMap, readAppState } from './app-state.ts';
import type { Manifest } from './manifest.ts';
import { readTenantState, tenantStateConfigMap } from './tenant-state.ts';
import { containerState, exampleApp } from './testing/fixtures.ts';

const state = containerState({ image: 'nginx', tag: '1.29', ports: [80] }, { labels: { team: 'a' } });

function withData(data: unknown, name = `app-${state.id}`, namespace = 'kubenova-system'): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

describe("an App's state", () => {
  it('comes back as it was written', () => {
    expect(readAppState(appStateConfigMap(state))).toEqual({ ok: true, value: state });
  });

  it('comes back whatever texts it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const odd = containerState({ image: 'a', env: [{ name: 'A', value }] }, { description: value });
        // JSON turns lone surrogates into escapes and back, so nothing is lost.
        expect(readAppState(appStateConfigMap(odd))).toEqual({ ok: true, value: odd });
      }),
    );
  });

  const text = appStateConfigMap(state).data as Record<string, string>;
  const json = text[APP_STATE_KEY] ?? '';
  it.each([
    ['no data', withData(undefined), 'no-data'],
    ['other data', withData({ other: '' }), 'no-data'],
    ['no JSON', withData({ [APP_STATE_KEY]: '{' }), 'not-json'],
    ['null', withData({ [APP_STATE_KEY]: 'null' }), 'not-an-app-state'],
    ['a field less', withData({ [APP_STATE_KEY]: json.replace('"namespace"', '"other"') }), 'not-an-app-state'],
    ['an unknown kind', withData({ [APP_STATE_KEY]: json.replaceAll('containerImage', 'tape') }), 'not-an-app-state'],
    ["another App's name", withData({ [APP_STATE_KEY]: json }, 'app-x'), 'misplaced'],
    ['another namespace', withData({ [APP_STATE_KEY]: json }, undefined, 'default'), 'misplaced'],
  ])('is refused with %s', (_what, configMap, code) => {
    expect(readAppState(configMap)).toMatchObject({ ok: false, error: { code } });
  });
});

describe("the Agent's report", () => {
  const report: AppReport = {
    observedGeneration: 3,
    revision: 2,
    phase: 'Running',
    healthy: true,
    resolved: { version: '1.2.3', digest: 'sha256:0' },
    manifestHash: 'abc',
    conditions: [
      { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: '2026-01-01T00:00:00.000Z' },
    ],
    components: [],
  };

  it('comes back as it was written, and is the same bytes twice', () => {
    const patch = appReportPatch(report);
    expect(readAppReport(withData(patch.data))).toEqual({ ok: true, value: report });
    expect(appReportPatch(structuredClone(report))).toEqual(patch);
  });

  it.each([
    ['nothing yet', undefined, 'no-report'],
    ['no JSON', { [APP_REPORT_KEY]: 'x' }, 'not-json'],
    ['something else', { [APP_REPORT_KEY]: '{"phase":1}' }, 'not-a-report'],
  ])('%s', (_what, data, code) => {
    expect(readAppReport(withData(data))).toMatchObject({ ok: false, error: { code } });
  });

  it('is cut to what the ConfigMap holds, and keeps the pods that are not ready', () => {
    const pod = (index: number) => ({
      name: `pod-${index}`,
      phase: 'Pending',
      ready: index !== 999,
      restarts: 0,
      reason: 'x'.repeat(100),
      message: 'y'.repeat(200),
      node: 'node-1',
    });
    const pods = Array.from({ length: 1_000 }, (_, index) => pod(index));
    const component = {
      name: 'a',
      type: 'worker',
      healthy: false,
      message: '',
      workloads: [],
      pods,
      services: [],
      endpoints: [],
    };
    const text = encodeAppReport({ ...report, components: [component] });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_REPORT_BYTES);
    expect(text).toContain('"pod-999"');
    const many = Array.from({ length: 5_000 }, () => ({ ...component, pods: [] }));
    expect(Buffer.byteLength(encodeAppReport({ ...report, components: many }))).toBeLessThanOrEqual(MAX_REPORT_BYTES);
  });
});

describe("a tenant's state", () => {
  const configMap = tenantStateConfigMap({ tenant: exampleApp.tenant, settings: {} });

  it('carries the Capsule Tenant', () => {
    expect(readTenantState(configMap)).toMatchObject({
      ok: true,
      value: { kind: 'Tenant', metadata: { name: 'acme' }, spec: { preventDeletion: true, forceTenantPrefix: false } },
    });
  });

  it('carries nothing else', () => {
    const data = {
      'tenant.json': JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' }, spec: {} }),
    };
    expect(readTenantState({ ...configMap, data })).toMatchObject({ ok: false, error: { code: 'not-a-tenant' } });
    expect(readTenantState({ ...configMap, data: {} })).toMatchObject({ ok: false, error: { code: 'no-data' } });
  });
});
