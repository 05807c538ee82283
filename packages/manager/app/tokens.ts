/** API tokens: handing out less than one holds, for no longer than one holds it. */
import { randomUUID } from 'node:crypto';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import { mayGrant, type ScopedGrant } from '@kubenova/knapi/permissions.ts';
import type { Role, Scope, Token, TokenCreate, TokenCreated } from '@kubenova/knapi/schemas.ts';
import { isAdministrator, visibleTo } from '../identity/caller.ts';
import { hashToken, newTokenSecret } from '../identity/tokens.ts';
import { locate } from '../store/locate.ts';
import type { Page } from '../store/pages.ts';
import { toReference } from '../store/scope.ts';
import {
  deleteToken as deleteRow,
  findToken,
  insertToken,
  listTokens as listRows,
  type ScopedTokenRow,
} from '../store/tokens.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict, invalid, requireName } from './names.ts';
import { reachesProject, touchesTenant } from './target.ts';
import { createOnce, insertRecords, write } from './write.ts';

export function presentToken(row: ScopedTokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    role: row.role,
    scope: {
      ...(row.tenant === null ? {} : { tenant: row.tenant }),
      ...(row.project === null ? {} : { project: row.project }),
    },
    createdAt: row.created_at.toISOString(),
    expiresAt: (row.expires_at ?? new Date(0)).toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

export async function listTokens(context: Context, query: ListQuery): Promise<Outcome<Page<Token>>> {
  const { caller } = context.call;
  const filter = isAdministrator(caller) ? {} : { owner: caller.subject };
  return ok(mapPage(await listRows(context.services.db, filter, pageRequest(query)), presentToken));
}

export async function createToken(context: Context, body: TokenCreate): Promise<Outcome<TokenCreated>> {
  requireName(body.name);
  const { caller } = context.call;
  const grant = await grantOf(context, body.role, body.scope ?? {});
  if (!mayGrant(caller.grants, grant)) {
    throw new ApiError(
      'KN-403',
      `You may hand out only what you hold yourself there, or less; ${body.role} on this scope is more.`,
    );
  }
  const expiresAt = new Date(Date.now() + body.ttlSeconds * 1000);
  if (caller.expiresAt !== undefined && expiresAt > caller.expiresAt) {
    const left = Math.max(0, Math.floor((caller.expiresAt.getTime() - Date.now()) / 1000));
    throw invalid(
      '/ttlSeconds',
      `Your own token ends in ${left} seconds, and this one may not outlive it. Ask for less.`,
    );
  }
  const id = randomUUID();
  const secret = newTokenSecret();
  const created = await createOnce<TokenCreated>(context, {
    body,
    id,
    subject: { object: `token:${id}`, tenantId: grant.tenantId ?? null, status: 201 },
    create: async (trx, records) => {
      await insertToken(trx, {
        id,
        hash: hashToken(secret),
        name: body.name,
        owner: caller.subject,
        role: body.role,
        tenantId: grant.tenantId ?? null,
        projectId: grant.projectId ?? null,
        expiresAt,
      });
      await insertRecords(trx, records);
      return { id, token: secret, expiresAt: expiresAt.toISOString() };
    },
    repeat: (earlier) => {
      throw conflict(
        `An earlier request with this Idempotency-Key made token ${earlier}, and its secret is shown only once. Revoke that token if its secret is lost, and take a new key.`,
      );
    },
  });
  return { kind: 'created', body: created };
}

/** The grant that a role on a scope is, by ids. A scope that the caller cannot see is one that does not exist. */
async function grantOf(context: Context, role: Role, scope: Scope): Promise<ScopedGrant> {
  const global = role === 'admin' || role === 'ops';
  if (scope.tenant === undefined) {
    if (!global && role !== 'readOnly') throw invalid('/scope', `The role ${role} needs a scope: name a tenant.`);
    return { role };
  }
  if (global) throw invalid('/scope', `The role ${role} is for the whole installation: leave the scope out.`);
  if (role === 'tenantOwner' && scope.project !== undefined) {
    throw invalid(
      '/scope/project',
      'The role tenantOwner is for a whole tenant: leave the project out, or take projectDev.',
    );
  }
  const reach = visibleTo(context.call.caller);
  const references = {
    tenant: toReference(scope.tenant),
    project: scope.project === undefined ? undefined : toReference(scope.project),
  };
  const { tenant, project } = await locate(context.services.db, references, reach);
  if (tenant === undefined || !touchesTenant(reach, tenant.id)) {
    throw invalid('/scope/tenant', 'No such tenant, or it is outside your scope.');
  }
  if (scope.project === undefined) return { role, tenantId: tenant.id };
  if (project === undefined || !reachesProject(reach, project)) {
    throw invalid('/scope/project', 'No such project, or it is outside your scope.');
  }
  return { role, tenantId: tenant.id, projectId: project.id };
}

/** Revokes a token: the next call with it is refused. One's own, or any for an admin; others do not exist for the caller. */
export async function deleteToken(context: Context): Promise<Outcome<never>> {
  const { caller } = context.call;
  const id = context.target.parameter('token');
  await write(context, async (trx) => {
    const token = await findToken(trx, id);
    const mine = token !== undefined && (token.owner === caller.subject || caller.subject.endsWith(`:${token.id}`));
    if (token === undefined || !(mine || isAdministrator(caller))) throw notFound('token');
    if (!(await deleteRow(trx, id))) throw notFound('token');
    return { result: undefined, subject: { object: `token:${id}`, tenantId: token.tenant_id, status: 204 } };
  });
  return { kind: 'gone' };
}
