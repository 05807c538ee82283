/** Who may do what in a project: its own members, and those who come in through the tenant or the whole installation. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Member, ProjectAccess, ProjectAccessPut, ProjectMember } from '@kubenova/knapi/schemas.ts';
import { lockProject } from '../store/projects.ts';
import {
  findCrowdedSubject,
  listProjectMembers,
  type RoleBindingRow,
  replaceProjectMembers,
} from '../store/role-bindings.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { invalid } from './names.ts';
import { requireTag } from './preconditions.ts';
import { crowded, MOST_IN_A_TENANT, requireSubject } from './role-bindings.ts';
import { write } from './write.ts';

/** One answer holds so many members at most; the project's own come first. */
const MOST_MEMBERS = 500;

export async function getProjectAccess(context: Context): Promise<Outcome<ProjectAccess>> {
  const { tenant, project } = context.target;
  const where = { tenantId: tenant.id, projectId: project.id };
  const rows = await listProjectMembers(context.services.db, where, MOST_MEMBERS + 1);
  const members = rows.slice(0, MOST_MEMBERS);
  return ok({ members: members.map(present), truncated: rows.length > MOST_MEMBERS }, tagOf(project.id, members));
}

/** Replaces the project's own members; who comes in from above is not touched. */
export async function putProjectAccess(context: Context, body: ProjectAccessPut): Promise<Outcome<ProjectAccess>> {
  const { tenant, project } = context.target;
  requireDistinct(body.members);
  for (const [index, { subject, role }] of body.members.entries()) {
    const grant = { role, tenantId: tenant.id, projectId: project.id };
    await requireSubject(context, subject, grant, `/members/${index}/subject`);
  }
  const where = { tenantId: tenant.id, projectId: project.id };
  await write(context, async (trx) => {
    if ((await lockProject(trx, project.id)) === undefined) throw notFound('project');
    const before = (await listProjectMembers(trx, where, MOST_MEMBERS)).filter(isOwn);
    requireTag(context.call.ifMatch, tagOf(project.id, before));
    const change = await replaceProjectMembers(trx, where, body.members, context.call.caller.subject);
    const added = change.added.map(({ subject }) => subject);
    const tooMuch = await findCrowdedSubject(trx, tenant.id, added, MOST_IN_A_TENANT);
    if (tooMuch !== undefined) throw crowded(tooMuch);
    const detail = { scope: { tenant: tenant.name, project: project.name }, ...change };
    return {
      result: undefined,
      subject: { object: `project:${project.id}`, tenantId: tenant.id, status: 200, detail },
    };
  });
  return getProjectAccess(context);
}

function isOwn(row: RoleBindingRow): boolean {
  return row.project_id !== null;
}

function present(row: RoleBindingRow): ProjectMember {
  return {
    subject: { kind: row.subject_kind, name: row.subject_name },
    role: row.role,
    from: row.project_id !== null ? 'project' : row.tenant_id !== null ? 'tenant' : 'global',
  };
}

/** The version of what a PUT replaces: the project's own members. */
function tagOf(projectId: string, rows: readonly RoleBindingRow[]): string {
  const own = rows.filter(isOwn).map((row) => [row.subject_kind, row.subject_name, row.role]);
  const hash = createHash('sha256').update(canonicalJson(own.map((entry) => entry.join('\0')).sort()));
  return `"${projectId.slice(0, 8)}-${hash.digest('hex').slice(0, 16)}"`;
}

/** One role each: who holds two holds the greater one anyway. */
function requireDistinct(members: readonly Member[]): void {
  const seen = new Set<string>();
  for (const [index, { subject }] of members.entries()) {
    const key = `${subject.kind} ${subject.name}`;
    if (seen.has(key)) throw invalid(`/members/${index}/subject`, `${key} is named twice. Give it one role.`);
    seen.add(key);
  }
}
