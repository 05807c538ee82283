import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { appNamespaceObjects } from './app-namespace.ts';
import { PROXY_REFLECTION } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { sandboxNamespaceObjects } from './sandbox-namespace.ts';
import { exampleApp, exampleSandbox } from './testing/fixtures.ts';

const subjectsOf = ({ subjects }: Manifest) => subjects as { kind: string; name: string; namespace?: string }[];
const bindings = (auth: 'oidc' | 'serviceAccount') => [
  ...appNamespaceObjects(exampleApp, undefined, auth).bindings,
  ...sandboxNamespaceObjects(exampleSandbox, undefined, auth).bindings,
];
const title = ({ metadata }: Manifest) => `${metadata.namespace}/${metadata.name}`;

describe('the bindings of people', () => {
  it('are reflected for whole tenants only, and never for Secrets', () => {
    for (const binding of bindings('serviceAccount')) {
      if (binding.metadata.labels?.[PROXY_REFLECTION] === undefined) continue;
      const names = subjectsOf(binding).map(({ name }) => name);
      expect(names.join(), title(binding)).toMatch(/^acme-(devs|viewers),acme\.(devs|viewers)$/);
      expect(binding.roleRef).not.toMatchObject({ name: 'kubenova-sandbox-secrets' });
    }
  });

  it('name groups alone where the cluster trusts the issuer', () => {
    const accounts = bindings('oidc')
      .flatMap(subjectsOf)
      .filter(({ kind }) => kind === 'ServiceAccount');
    expect(accounts.filter(({ namespace }) => namespace === 'kubenova-members')).toEqual([]);
  });

  it('name an account beside each group where it does not', async () => {
    const people = bindings('serviceAccount').filter(({ metadata }) => /devs|viewers/.test(metadata.name));
    const text = people.map((binding) => `# ${title(binding)}\n${stringify(subjectsOf(binding))}`).join('\n');
    await expect(text).toMatchFileSnapshot('golden/member-accounts.yaml');
  });
});
