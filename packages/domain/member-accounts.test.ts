import { expect, it } from 'vitest';
import { TENANT_ID } from './labels.ts';
import { memberAccounts } from './member-accounts.ts';
import { memberBindings } from './member-bindings.ts';
import { exampleApp } from './testing/fixtures.ts';

const { tenant, project } = exampleApp;

it('makes an account for every one that a binding names, and bears the tenant that it is found by', () => {
  const accounts = memberAccounts(tenant, [project]);
  const bindings = memberBindings(
    { ...exampleApp, labels: {}, auth: 'serviceAccount' },
    { devs: 'devs', viewers: 'viewers' },
  );
  const named = bindings
    .flatMap(({ subjects }) => subjects as { kind: string; name: string; namespace?: string }[])
    .filter(({ kind }) => kind === 'ServiceAccount')
    .map(({ namespace, name }) => `${namespace}/${name}`);
  expect(accounts.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort()).toEqual(named.sort());
  for (const { metadata } of accounts) expect(metadata.labels?.[TENANT_ID]).toBe(tenant.id);
});
