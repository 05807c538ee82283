import type { Role } from '@kubenova/knapi/schemas.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  carried,
  groupOf,
  groupsOf,
  MAX_MEMBERSHIPS,
  type MemberGrant,
  type Membership,
  type MembershipWish,
  membershipsIn,
} from './membership.ts';
import { devsGroup, USERS_GROUP, viewersGroup } from './names.ts';

const acme = { id: 'acme-id', name: 'acme' };
const shop = { id: 'shop-id', name: 'shop' };
const blog = { id: 'blog-id', name: 'blog' };
const onTenant = (role: Role, tenantId = acme.id): MemberGrant => ({ role, tenantId });
const onProject = (role: Role, project = shop): MemberGrant => ({
  role,
  tenantId: acme.id,
  projectId: project.id,
  project: project.name,
});

describe('the groups of a token', () => {
  const cases: [reason: string, grants: MemberGrant[], wish: MembershipWish, groups: string[]][] = [
    ['an administrator works in any tenant', [{ role: 'admin' }], {}, ['acme-devs']],
    ['an administrator may choose only to look', [{ role: 'admin' }], { role: 'readOnly' }, ['acme-viewers']],
    ['an owner works', [onTenant('tenantOwner')], {}, ['acme-devs']],
    ['a developer works', [onTenant('projectDev')], {}, ['acme-devs']],
    ['who may read looks', [onTenant('readOnly')], {}, ['acme-viewers']],
    ['the strongest role counts', [onTenant('readOnly'), onTenant('projectDev')], {}, ['acme-devs']],
    ['a role everywhere counts too', [{ role: 'readOnly' }], {}, ['acme-viewers']],
    ['a project is its own group', [onProject('projectDev')], {}, ['acme/shop-devs']],
    [
      'projects by name, each with its role',
      [onProject('projectDev'), onProject('readOnly', blog)],
      {},
      ['acme/blog-viewers', 'acme/shop-devs'],
    ],
    [
      'a project gives more than the tenant',
      [onTenant('readOnly'), onProject('projectDev')],
      {},
      ['acme-viewers', 'acme/shop-devs'],
    ],
    ['a project gives no more than the tenant', [onTenant('projectDev'), onProject('projectDev')], {}, ['acme-devs']],
    [
      'looking only, the tenant is enough',
      [onTenant('readOnly'), onProject('projectDev')],
      { role: 'readOnly' },
      ['acme-viewers'],
    ],
    ['one project of the tenant, if one likes', [onTenant('tenantOwner')], { project: shop }, ['acme/shop-devs']],
    [
      'of one project the strongest role',
      [onTenant('readOnly'), onProject('projectDev')],
      { project: shop },
      ['acme/shop-devs'],
    ],
    [
      'of another project only what holds there',
      [onTenant('readOnly'), onProject('projectDev')],
      { project: blog },
      ['acme/blog-viewers'],
    ],
    ['operators may be members besides', [{ role: 'ops' }, onTenant('readOnly')], {}, ['acme-viewers']],
  ];
  it.each(cases)('%s', (_reason, grants, wish, groups) => {
    const held = membershipsIn(grants, acme, wish);
    expect(held.ok && groupsOf('acme', held.value)).toEqual([USERS_GROUP, ...groups]);
  });
});

describe('a refusal', () => {
  const cases: [reason: string, grants: MemberGrant[], wish: MembershipWish, code: string][] = [
    ['nobody', [], {}, 'none'],
    ['an operator has no business in a tenant', [{ role: 'ops' }], {}, 'none'],
    ['another tenant', [onTenant('tenantOwner', 'other-id')], {}, 'none'],
    ['another project', [onProject('projectDev')], { project: blog }, 'none'],
    ['a reader does not work', [onTenant('readOnly')], { role: 'projectDev' }, 'above'],
    [
      'a developer of one project does not work in another',
      [onProject('projectDev'), onProject('readOnly', blog)],
      { project: blog, role: 'projectDev' },
      'above',
    ],
  ];
  it.each(cases)('%s', (_reason, grants, wish, code) => {
    expect(membershipsIn(grants, acme, wish)).toEqual({ ok: false, error: { code } });
  });
});

const role = fc.constantFrom<Role>('admin', 'ops', 'tenantOwner', 'projectDev', 'readOnly');
const grant = fc.oneof(
  role.map((one): MemberGrant => ({ role: one })),
  fc
    .tuple(role, fc.constantFrom('acme-id', 'other-id'))
    .map(([one, tenantId]): MemberGrant => ({ role: one, tenantId })),
  fc.tuple(role, fc.constantFrom(shop, blog)).map(([one, project]) => onProject(one, project)),
);
const grants = fc.array(grant, { maxLength: 8 });
const wish = fc.record(
  { project: fc.constantFrom(shop, blog), role: fc.constantFrom('projectDev' as const, 'readOnly' as const) },
  { requiredKeys: [] },
);

/** Whether a membership stands for no more than some grant gives. */
function isHeld(held: readonly MemberGrant[], { role: wanted, project }: Membership): boolean {
  return held.some(
    (one) =>
      one.role !== 'ops' &&
      (wanted === 'readOnly' || one.role !== 'readOnly') &&
      (one.tenantId === undefined || one.tenantId === acme.id) &&
      (one.projectId === undefined || one.project === project),
  );
}

describe('whatever the grants and the wish', () => {
  it('nothing is given that is not held, and nothing twice', () => {
    fc.assert(
      fc.property(grants, wish, (held, asked) => {
        const result = membershipsIn(held, acme, asked);
        if (!result.ok) return true;
        const scopes = result.value.map(({ project }) => project);
        return result.value.every((one) => isHeld(held, one)) && new Set(scopes).size === scopes.length;
      }),
    );
  });

  it('a wish lessens: it names a project, or looks only, and adds nothing', () => {
    fc.assert(
      fc.property(grants, wish, (held, asked) => {
        const result = membershipsIn(held, acme, asked);
        if (!result.ok) return true;
        return result.value.every(
          (one) =>
            (asked.project === undefined || one.project === asked.project.name) &&
            (asked.role !== 'readOnly' || one.role === 'readOnly'),
        );
      }),
    );
  });

  it('the order of grants does not matter', () => {
    fc.assert(
      fc.property(grants, wish, (held, asked) => {
        expect(membershipsIn([...held].reverse(), acme, asked)).toEqual(membershipsIn(held, acme, asked));
      }),
    );
  });

  it('a grant more never takes anything away', () => {
    fc.assert(
      fc.property(grants, grant, (held, more) => {
        const before = membershipsIn(held, acme);
        const after = membershipsIn([...held, more], acme);
        if (!before.ok) return true;
        return (
          after.ok &&
          before.value.every((one) =>
            after.value.some(
              (other) =>
                (other.project === undefined || other.project === one.project) &&
                (other.role === 'projectDev' || one.role === 'readOnly'),
            ),
          )
        );
      }),
    );
  });
});

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/);
const membership = fc.record(
  { role: fc.constantFrom('projectDev' as const, 'readOnly' as const), project: name },
  { requiredKeys: ['role'] },
);

it('no two memberships of any tenants share a group or an account', () => {
  fc.assert(
    fc.property(fc.tuple(name, membership), fc.tuple(name, membership), ([tenantA, a], [tenantB, b]) => {
      const same = tenantA === tenantB && a.role === b.role && a.project === b.project;
      expect(groupOf(tenantA, a) === groupOf(tenantB, b)).toBe(same);
      expect(accountOf(tenantA, a) === accountOf(tenantB, b)).toBe(same);
      expect(accountOf(tenantA, a)).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/);
    }),
  );
  // The one that joining by hyphens alone would have mixed up.
  expect(groupOf('acme', { role: 'projectDev', project: 'shop' })).not.toBe(devsGroup('acme-shop'));
  expect(groupOf('acme', { role: 'readOnly', project: 'shop' })).not.toBe(viewersGroup('acme-shop'));
});

describe('one token', () => {
  const whole: Membership = { role: 'readOnly' };
  const projects = (count: number): Membership[] =>
    Array.from({ length: count }, (_, index) => ({ role: 'projectDev', project: `p${index}` }));

  it('carries groups of all that is held, while they are few', () => {
    const few = projects(MAX_MEMBERSHIPS);
    expect(carried(few, 'oidc')).toEqual(few);
    expect(carried([...few, { role: 'projectDev', project: 'more' }], 'oidc')).toBeUndefined();
    expect(carried([whole, ...few], 'oidc')).toEqual([whole]);
  });

  it('is of one ServiceAccount: of the tenant, or of the only project', () => {
    expect(carried(projects(1), 'serviceAccount')).toEqual(projects(1));
    expect(carried([whole, ...projects(2)], 'serviceAccount')).toEqual([whole]);
    expect(carried(projects(2), 'serviceAccount')).toBeUndefined();
  });
});
