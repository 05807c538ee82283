/** Revisions of an App: immutable, numbered from 1. */
import type { Queryable } from './connect.ts';
import type { AppRevisionRow } from './rows.ts';

/** Newest first, those before the given number. */
export function listAppRevisions(
  db: Queryable,
  appId: string,
  page: { limit: number; before?: number },
): Promise<AppRevisionRow[]> {
  let query = db
    .selectFrom('app_revisions')
    .selectAll()
    .where('app_id', '=', appId)
    .orderBy('revision', 'desc')
    .limit(page.limit + 1);
  if (page.before !== undefined) query = query.where('revision', '<', page.before);
  return query.execute();
}

export function findAppRevision(db: Queryable, appId: string, revision: number): Promise<AppRevisionRow | undefined> {
  return db
    .selectFrom('app_revisions')
    .selectAll()
    .where('app_id', '=', appId)
    .where('revision', '=', revision)
    .executeTakeFirst();
}
