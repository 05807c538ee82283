import { describe, expect, it } from 'vitest';
import { operations } from './generated/operations.ts';
import { allows, covers, inCommon, includedRoles, mayGrant, permissions, type ScopedGrant } from './permissions.ts';

const acme = '00000000-0000-4000-8000-00000000000a';
const other = '00000000-0000-4000-8000-00000000000b';
const shop = '00000000-0000-4000-8000-00000000000c';
const blog = '00000000-0000-4000-8000-00000000000d';

describe('the permission table', () => {
  it('names exactly the operations of the contract', () => {
    expect(Object.keys(permissions).sort()).toEqual(Object.keys(operations).sort());
  });

  it('lets nobody do anything without a grant, but for what is about oneself', () => {
    for (const id of Object.keys(operations) as (keyof typeof operations)[]) {
      expect(allows([], id), id).toBe(permissions[id].target === 'self');
    }
  });

  const cases: {
    reason: string;
    grant: ScopedGrant;
    target: { tenantId?: string; projectId?: string };
    createApp: boolean;
    getTenant: boolean;
  }[] = [
    {
      reason: 'global reaches all',
      grant: { role: 'admin' },
      target: { tenantId: acme, projectId: shop },
      createApp: true,
      getTenant: true,
    },
    {
      reason: 'a tenant reaches its projects',
      grant: { role: 'tenantOwner', tenantId: acme },
      target: { tenantId: acme, projectId: shop },
      createApp: true,
      getTenant: true,
    },
    {
      reason: 'a tenant does not reach another',
      grant: { role: 'tenantOwner', tenantId: acme },
      target: { tenantId: other, projectId: shop },
      createApp: false,
      getTenant: false,
    },
    {
      reason: 'a project reaches itself',
      grant: { role: 'projectDev', tenantId: acme, projectId: shop },
      target: { tenantId: acme, projectId: shop },
      createApp: true,
      getTenant: true,
    },
    {
      reason: 'a project does not reach its sibling',
      grant: { role: 'projectDev', tenantId: acme, projectId: shop },
      target: { tenantId: acme, projectId: blog },
      createApp: false,
      getTenant: false,
    },
    {
      reason: 'a project reads its tenant and no more',
      grant: { role: 'projectDev', tenantId: acme, projectId: shop },
      target: { tenantId: acme },
      createApp: false,
      getTenant: true,
    },
    {
      reason: 'reading is not writing',
      grant: { role: 'readOnly', tenantId: acme },
      target: { tenantId: acme, projectId: shop },
      createApp: false,
      getTenant: true,
    },
  ];
  it.each(cases)('$reason', ({ grant, target, createApp, getTenant }) => {
    expect(allows([grant], 'createApp', target)).toBe(createApp);
    expect(allows([grant], 'getTenant', target)).toBe(getTenant);
  });

  it('lets a grant on one project ask for a kubeconfig of the tenant, and change nothing of it', () => {
    const grants: ScopedGrant[] = [{ role: 'projectDev', tenantId: acme, projectId: shop }];
    expect(allows(grants, 'createKubeconfig', { tenantId: acme })).toBe(true);
    expect(allows(grants, 'putTenantOwners', { tenantId: acme })).toBe(false);
    expect(allows(grants, 'createKubeconfig', { tenantId: other })).toBe(false);
  });

  it('never covers a wider target than the grant', () => {
    expect(covers({ role: 'admin', tenantId: acme, projectId: shop }, { tenantId: acme })).toBe(false);
    expect(covers({ role: 'admin', tenantId: acme }, {})).toBe(false);
  });

  it('lets a role hand out itself or less, in its own scope', () => {
    const owner: ScopedGrant = { role: 'tenantOwner', tenantId: acme };
    expect(mayGrant([owner], { role: 'projectDev', tenantId: acme, projectId: shop })).toBe(true);
    expect(mayGrant([owner], { role: 'admin', tenantId: acme })).toBe(false);
    expect(mayGrant([owner], { role: 'readOnly', tenantId: other })).toBe(false);
    expect(mayGrant([owner], { role: 'readOnly' })).toBe(false);
  });

  it('lets a role include only what it can do itself', () => {
    const sorted = Object.fromEntries(Object.entries(includedRoles).map(([role, roles]) => [role, [...roles].sort()]));
    expect(sorted).toEqual({
      admin: ['admin', 'ops', 'projectDev', 'readOnly', 'tenantOwner'],
      ops: ['ops'],
      tenantOwner: ['projectDev', 'readOnly', 'tenantOwner'],
      projectDev: ['projectDev', 'readOnly'],
      readOnly: ['readOnly'],
    });
    // Operators run clusters; they may not make themselves a tenant's people, who have its kubeconfig.
    expect(mayGrant([{ role: 'ops' }], { role: 'tenantOwner', tenantId: acme })).toBe(false);
  });
});

describe('what two holdings have in common', () => {
  const cases: { reason: string; token: ScopedGrant[]; owner: ScopedGrant[]; common: ScopedGrant[] }[] = [
    {
      reason: 'the same is the same',
      token: [{ role: 'projectDev', tenantId: acme }],
      owner: [{ role: 'projectDev', tenantId: acme }],
      common: [{ role: 'projectDev', tenantId: acme }],
    },
    {
      reason: 'a lesser role than the owner has',
      token: [{ role: 'readOnly', tenantId: acme }],
      owner: [{ role: 'tenantOwner', tenantId: acme }],
      common: [{ role: 'readOnly', tenantId: acme }],
    },
    {
      reason: 'a role that the owner has lost is cut to the one that is left',
      token: [{ role: 'tenantOwner', tenantId: acme }],
      owner: [{ role: 'readOnly', tenantId: acme }],
      common: [{ role: 'readOnly', tenantId: acme }],
    },
    {
      reason: 'a scope that the owner has lost is cut to the one that is left',
      token: [{ role: 'projectDev', tenantId: acme }],
      owner: [{ role: 'projectDev', tenantId: acme, projectId: shop }],
      common: [{ role: 'projectDev', tenantId: acme, projectId: shop }],
    },
    {
      reason: 'role and scope are cut each',
      token: [{ role: 'admin' }],
      owner: [{ role: 'readOnly', tenantId: acme, projectId: shop }],
      common: [{ role: 'readOnly', tenantId: acme, projectId: shop }],
    },
    {
      reason: 'another tenant is nothing',
      token: [{ role: 'projectDev', tenantId: acme }],
      owner: [{ role: 'admin', tenantId: other }],
      common: [],
    },
    {
      reason: 'a sibling project is nothing',
      token: [{ role: 'projectDev', tenantId: acme, projectId: shop }],
      owner: [{ role: 'projectDev', tenantId: acme, projectId: blog }],
      common: [],
    },
    {
      reason: 'roles of which neither includes the other are nothing',
      token: [{ role: 'ops' }],
      owner: [{ role: 'tenantOwner', tenantId: acme }],
      common: [],
    },
    { reason: 'an owner without anything is nothing', token: [{ role: 'admin' }], owner: [], common: [] },
    {
      reason: 'two ways to the same are one',
      token: [{ role: 'readOnly', tenantId: acme }],
      owner: [{ role: 'projectDev', tenantId: acme }, { role: 'admin' }],
      common: [{ role: 'readOnly', tenantId: acme }],
    },
  ];
  it.each(cases)('$reason', ({ token, owner, common }) => {
    expect(inCommon(token, owner)).toEqual(common);
    expect(inCommon(owner, token)).toEqual(common);
  });
});
