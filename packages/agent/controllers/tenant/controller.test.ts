import { planApply } from '@kubenova/domain/plan.ts';
import { capsuleTenant, tenantStateConfigMap } from '@kubenova/domain/tenant-state.ts';
import type { Informer } from '@kubenova/kube/informer.ts';
import type { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import type { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../metrics.ts';
import { reconcileTenant } from './controller.ts';

const tenant = { id: '11111111-1111-4111-8111-111111111111', name: 'acme' };
const desired = capsuleTenant({ tenant, settings: { quotas: { pods: '5' } } });
const [placed] = planApply([], [desired]);
if (placed?.action !== 'apply') throw new Error('The example has to be applied.');
const state = tenantStateConfigMap({ tenant, settings: { quotas: { pods: '5' } } });
const cached = { ...state, metadata: { ...state.metadata, resourceVersion: '1' } } as unknown as ConfigMap;

const holding = <T>(object: T | undefined) => ({ get: () => object }) as unknown as Informer<never>;

/** `null` stands for what is not there. */
async function run(found: unknown, configMap: ConfigMap | null = cached, live: ConfigMap | null = cached) {
  const applied: unknown[] = [];
  const result = await reconcileTenant(
    tenant.id,
    {
      client: {
        find: async () => (live ?? undefined) as never,
        apply: async (_resource: unknown, object: unknown, options: { fieldManager: string }) => {
          applied.push([object, options.fieldManager]);
          return object as never;
        },
      } as never,
      configMaps: holding(configMap ?? undefined) as unknown as Informer<ConfigMap>,
      tenants: holding(found) as unknown as Informer<Tenant>,
      metrics: createMetrics(),
      log: pino({ level: 'silent' }),
    },
    new AbortController().signal,
  );
  return { applied, result };
}

describe('reconcileTenant', () => {
  it('writes nothing when the Tenant is as it was placed', async () => {
    expect(await run(placed.object)).toEqual({ applied: [], result: undefined });
  });

  it('puts back what differs, as the Manager would', async () => {
    const edited = { ...placed.object, spec: { ...(placed.object.spec as object), preventDeletion: false } };
    expect((await run(edited)).applied).toEqual([[placed.object, 'kubenova-manager']]);
    expect((await run(undefined)).applied).toEqual([[placed.object, 'kubenova-manager']]);
  });

  it('does nothing for a tenant that is placed no longer, or whose state has just changed', async () => {
    expect((await run(undefined, null)).applied).toEqual([]);
    expect(await run(undefined, cached, null)).toMatchObject({ applied: [] });
    const newer = { ...cached, metadata: { ...cached.metadata, resourceVersion: '2' } };
    expect(await run(undefined, cached, newer)).toEqual({ applied: [], result: { requeueAfterMs: 500 } });
  });

  it('waits for a Tenant that is being deleted', async () => {
    const going = {
      ...placed.object,
      metadata: { ...placed.object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    expect(await run(going)).toEqual({ applied: [], result: { requeueAfterMs: 2_000 } });
  });
});
