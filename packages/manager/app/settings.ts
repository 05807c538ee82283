/**
 * A tenant's settings (quotas, limit ranges, network policies, node selector), for all clusters and for one. The kinds
 * differ in what may stand in them, which `domain/settings` knows; how one is set, taken away and carried to clusters is
 * the same for all.
 */
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { type SettingKind, settingProblems } from '@kubenova/domain/settings/settings-problems.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Placement, PlacementSpec, Tenant } from '@kubenova/knapi/schemas.ts';
import { enqueuePlacements } from '../reconcile/queue.ts';
import { lockPlacement, updatePlacement } from '../store/placements.ts';
import { updateTenantSettings } from '../store/tenants.ts';
import type { Context, Outcome } from './context.ts';
import { requireNone } from './names.ts';
import { answerPlacement, leaving, settled } from './placements.ts';
import { requireMatch } from './preconditions.ts';
import { changeTenant } from './tenants.ts';
import { write } from './write.ts';

/** The use-case that replaces one kind of a tenant's settings, on every cluster that it is placed on. */
export function putTenantSetting<Kind extends SettingKind>(kind: Kind) {
  return async (context: Context, value: NonNullable<PlacementSpec[Kind]>): Promise<Outcome<Tenant>> => {
    requireNone(settingProblems(kind, value));
    return changeTenant(context, async (trx, current) => {
      if (canonicalJson(current.settings[kind] ?? null) === canonicalJson(value)) return undefined;
      await updateTenantSettings(trx, current.id, { ...current.settings, [kind]: value });
      return { namespaces: concernsNamespaces(kind) };
    });
  };
}

/** The use-case that replaces one kind of settings on one cluster. */
export function putPlacementSetting<Kind extends SettingKind>(kind: Kind) {
  return async (context: Context, value: NonNullable<PlacementSpec[Kind]>): Promise<Outcome<Placement>> => {
    requireNone(settingProblems(kind, value));
    return changePlacement(context, kind, (spec) => ({ ...spec, [kind]: value }));
  };
}

/** The use-case that takes the override of one kind away. */
export function deletePlacementSetting(kind: SettingKind) {
  return (context: Context): Promise<Outcome<Placement>> =>
    changePlacement(context, kind, ({ [kind]: _, ...others }) => others);
}

async function changePlacement(
  context: Context,
  kind: SettingKind,
  change: (spec: PlacementSpec) => PlacementSpec,
): Promise<Outcome<Placement>> {
  const { cluster, tenant, placement } = context.target;
  if (placement === undefined) throw notFound('placement');
  const row = await write(context, async (trx) => {
    const current = await lockPlacement(trx, placement.id);
    if (current === undefined) throw notFound('placement');
    requireMatch(context.call.ifMatch, current);
    if (current.deleting_at !== null) throw leaving(tenant.name, cluster.name);
    const subject = { object: `placement:${current.id}`, tenantId: tenant.id, status: 200 };
    const spec = change(current.spec);
    if (canonicalJson(spec) === canonicalJson(current.spec)) return { result: current, subject };
    const result = await updatePlacement(trx, current.id, spec);
    await enqueuePlacements(trx, { placementId: current.id }, { namespaces: concernsNamespaces(kind) });
    return { result, subject };
  });
  return answerPlacement(context, (await settled(context, row)) ?? row);
}

/** Whether a setting stands on the namespaces themselves, beside the Capsule Tenant. */
function concernsNamespaces(kind: SettingKind): boolean {
  return kind === 'nodeSelector';
}
