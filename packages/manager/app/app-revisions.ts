/** Revisions of an App, and going back to one. */
import { notFound } from '@kubenova/knapi/errors.ts';
import type { App, AppRevision } from '@kubenova/knapi/schemas.ts';
import { findAppRevision, listAppRevisions as listRows } from '../store/app-revisions.ts';
import { findApp, lockApp, reviseApp } from '../store/apps.ts';
import type { Page } from '../store/pages.ts';
import type { AppRevisionRow, AppRow } from '../store/rows.ts';
import { requireDeployable } from './app-checks.ts';
import { answer, requireEditable } from './apps.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { badParameter, type ListQuery, pageRequest } from './lists.ts';
import { invalid } from './names.ts';
import { settle } from './settle.ts';
import { write } from './write.ts';

export function presentAppRevision(row: AppRevisionRow): AppRevision {
  return {
    revision: row.revision,
    author: row.author,
    cause: row.cause,
    ...(row.rollback_of === null ? {} : { rollbackOf: row.rollback_of }),
    createdAt: row.created_at.toISOString(),
    description: row.spec.description,
    source: row.spec.source,
    traits: row.spec.traits,
    labels: row.spec.labels,
  };
}

export async function listAppRevisions(context: Context, query: ListQuery): Promise<Outcome<Page<AppRevision>>> {
  const { limit } = pageRequest({ limit: query.limit });
  const before = revisionCursor(query.cursor);
  const rows = await listRows(context.services.db, context.target.app.id, { limit, before });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  const nextCursor = more ? Buffer.from(`r${last.revision}`).toString('base64url') : null;
  return ok({ items: shown.map(presentAppRevision), nextCursor });
}

function revisionCursor(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const digits = /^r(\d{1,9})$/.exec(Buffer.from(text, 'base64url').toString('utf8'))?.[1];
  if (digits === undefined)
    throw badParameter('cursor', 'This is no cursor of ours. Send the nextCursor of the page before, or none.');
  return Number(digits);
}

export async function getAppRevision(context: Context): Promise<Outcome<AppRevision>> {
  const revision = Number(context.target.parameter('revision'));
  const row = await findAppRevision(context.services.db, context.target.app.id, revision);
  if (row === undefined) throw notFound('revision');
  return ok(presentAppRevision(row));
}

/** Makes a new revision out of an old one, so that history only ever grows. */
export async function rollbackApp(context: Context, body: { revision: number }): Promise<Outcome<App>> {
  const { db, enqueue } = context.services;
  const { app, tenant } = context.target;
  const row = await write(context, async (trx) => {
    const current = requireEditable(context, await lockApp(trx, app.id));
    const subject = { object: `app:${app.id}`, tenantId: tenant.id, status: 200 };
    if (body.revision === current.revision) return { result: current, subject };
    const old = await findAppRevision(trx, app.id, body.revision);
    if (old === undefined) {
      throw invalid(
        '/revision',
        `The app ${app.name} has no revision ${body.revision}; it has 1 to ${current.revision}.`,
      );
    }
    const revision = current.revision + 1;
    requireDeployable(context, { ...current, generation: current.generation + 1, revision }, old.spec);
    const author = context.call.caller.subject;
    const next = { revision, spec: old.spec, author, cause: 'rollback' as const, rollbackOf: old.revision };
    const result = await reviseApp(trx, app.id, next);
    await enqueue(trx, `app:${app.id}`);
    return { result, subject };
  });
  const settled = await settle<AppRow>(context, `app:${app.id}`, row, () => findApp(db, app.id));
  return answer(context, settled ?? row);
}
