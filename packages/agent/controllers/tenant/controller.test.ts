import { planApply } from '@kubenova/domain/plan.ts';
import { readTenantReport } from '@kubenova/domain/tenant-report.ts';
import { capsuleTenant, tenantStateConfigMap } from '@kubenova/domain/tenant-state.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import type { Informer } from '@kubenova/kube/informer.ts';
import type { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import type { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../metrics.ts';
import { reconcileTenant, type TenantMemory } from './controller.ts';

const tenant = { id: '11111111-1111-4111-8111-111111111111', name: 'acme' };
const input = { tenant, settings: { quotas: { pods: '5' } } };
const desired = capsuleTenant(input);
const [placed] = planApply([], [desired]);
if (placed?.action !== 'apply') throw new Error('The example has to be applied.');
const state = tenantStateConfigMap(input);
const cached = { ...state, metadata: { ...state.metadata, resourceVersion: '1' } } as unknown as ConfigMap;
const edited = { ...placed.object, spec: { ...(placed.object.spec as object), preventDeletion: false } };
const before = planApply([], [capsuleTenant({ tenant, settings: { quotas: { pods: '4' } } })])[0];
const older = before?.action === 'apply' ? before.object : undefined;

const holding = <T>(object: T | undefined) => ({ get: () => object }) as unknown as Informer<never>;

let memory: Map<string, TenantMemory>;
let now: Date;
let patched: (error?: unknown) => unknown;
beforeEach(() => {
  memory = new Map();
  now = new Date('2026-01-01T00:00:00Z');
  patched = () => undefined;
});

/** `null` stands for what is not there. */
async function run(found: unknown, configMap: ConfigMap | null = cached, live: ConfigMap | null = cached) {
  const applied: unknown[] = [];
  const reports: unknown[] = [];
  const result = await reconcileTenant(
    tenant.id,
    {
      client: {
        find: async ({ kind }: { kind: string }) => (kind === 'Tenant' ? found : (live ?? undefined)) as never,
        apply: async (_resource: unknown, object: unknown, options: { fieldManager: string }) => {
          applied.push([object, options.fieldManager]);
          return object as never;
        },
        patch: async (_resource: unknown, ref: { name: string }, patch: object, options: { type: string }) => {
          patched();
          reports.push([ref.name, readTenantReport(patch), options.type]);
        },
      } as never,
      memory,
      now: () => now,
      configMaps: holding(configMap ?? undefined) as unknown as Informer<ConfigMap>,
      tenants: holding(found) as unknown as Informer<Tenant>,
      metrics: createMetrics(),
      log: pino({ level: 'silent' }),
    },
    new AbortController().signal,
  );
  return { applied, reports, result };
}

const back = [[placed.object, 'kubenova-manager']];

describe('reconcileTenant', () => {
  it('writes nothing when the Tenant is as it was placed', async () => {
    expect(await run(placed.object)).toEqual({ applied: [], reports: [], result: undefined });
  });

  it('puts back what was edited, as the Manager would, and tells the Manager', async () => {
    const told = '2026-01-01T00:00:00.000Z: Tenant acme had another spec.preventDeletion and was put back.';
    expect(await run(edited)).toEqual({
      applied: back,
      reports: [[state.metadata.name, told, 'merge']],
      result: undefined,
    });
  });

  it('puts back what was taken away, and tells, once it has seen it', async () => {
    await run(placed.object);
    expect(await run(undefined)).toMatchObject({
      applied: back,
      reports: [[state.metadata.name, expect.stringContaining('Tenant acme was missing'), 'merge']],
    });
  });

  it.each([
    ['a Tenant that has not been there yet', undefined],
    ['a change of what is desired', older],
  ])('leaves %s to the Manager, for a while, and is no news then', async (_what, found) => {
    expect(await run(found)).toEqual({ applied: [], reports: [], result: { requeueAfterMs: 3_000 } });
    now = new Date(now.getTime() + 1_000);
    expect((await run(found)).result).toEqual({ requeueAfterMs: 2_000 });
    now = new Date(now.getTime() + 2_000);
    expect(await run(found)).toEqual({ applied: back, reports: [], result: undefined });
  });

  it('does not race another writer', async () => {
    for (let n = 0; n < 3; n += 1) expect((await run(edited)).applied).toEqual(back);
    expect(await run(edited)).toEqual({ applied: [], reports: [], result: { requeueAfterMs: 5_000 } });
    now = new Date(now.getTime() + 5_000);
    expect((await run(edited)).reports).toEqual([
      [state.metadata.name, expect.stringContaining('for the 4th time in a row'), 'merge'],
    ]);
  });

  it('has put the Tenant back also where its report comes too late', async () => {
    patched = () => {
      throw new KubeError('NotFound', 'configmaps "x" not found', { code: 404 });
    };
    expect(await run(edited)).toMatchObject({ applied: back, reports: [] });
  });

  it('does nothing for a tenant that is placed no longer, or whose state has just changed', async () => {
    memory.set(tenant.id, { wasThere: true });
    expect((await run(undefined, null)).applied).toEqual([]);
    expect(memory.size).toBe(0);
    expect(await run(undefined, cached, null)).toMatchObject({ applied: [] });
    const newer = { ...cached, metadata: { ...cached.metadata, resourceVersion: '2' } };
    expect(await run(undefined, cached, newer)).toMatchObject({ applied: [], result: { requeueAfterMs: 500 } });
  });

  it('waits for a Tenant that is being deleted', async () => {
    const going = {
      ...placed.object,
      metadata: { ...placed.object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    expect(await run(going)).toMatchObject({ applied: [], result: { requeueAfterMs: 2_000 } });
  });
});
