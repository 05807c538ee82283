import { describe, expect, it } from 'vitest';
import { operations } from './generated/operations.ts';
import { allows, covers, mayGrant, permissions, type ScopedGrant } from './permissions.ts';

const acme = '00000000-0000-4000-8000-00000000000a';
const other = '00000000-0000-4000-8000-00000000000b';
const shop = '00000000-0000-4000-8000-00000000000c';
const blog = '00000000-0000-4000-8000-00000000000d';

describe('the permission table', () => {
  it('names exactly the operations of the contract', () => {
    expect(Object.keys(permissions).sort()).toEqual(Object.keys(operations).sort());
  });

  it('lets nobody do anything without a grant', () => {
    for (const operation of Object.values(operations)) {
      expect(allows([], operation.operationId as keyof typeof operations), operation.operationId).toBe(false);
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

  it('keeps a kubeconfig, which reaches all projects, from a grant on one of them', () => {
    expect(
      allows([{ role: 'projectDev', tenantId: acme, projectId: shop }], 'createKubeconfig', { tenantId: acme }),
    ).toBe(false);
    expect(allows([{ role: 'projectDev', tenantId: acme }], 'createKubeconfig', { tenantId: acme })).toBe(true);
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
});
