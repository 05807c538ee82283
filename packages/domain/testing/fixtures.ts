/** Identities that tests and golden files share. */
import type { ContainerImage, Source } from '@kubenova/knapi/schemas.ts';
import type { AppState } from '../app-state.ts';
import type { AppIdentity, SandboxIdentity } from '../identity.ts';

const tenant = { id: '11111111-1111-4111-8111-111111111111', name: 'acme' };
const project = { id: '22222222-2222-4222-8222-222222222222', name: 'shop' };

export const exampleApp: AppIdentity = {
  id: '33333333-3333-4333-8333-333333333333',
  name: 'frontend',
  namespace: 'tn-acme-shop-app-frontend',
  cluster: 'zone-a',
  tenant,
  project,
};

export const exampleSandbox: SandboxIdentity = {
  id: '44444444-4444-4444-8444-444444444444',
  name: 'sbx-001',
  namespace: 'tn-acme-shop-sbx-001',
  cluster: 'zone-a',
  tenant,
  project,
};

/** The example App with this source. */
export function exampleState(source: Source, more: Partial<AppState['spec']> = {}): AppState {
  return {
    ...exampleApp,
    generation: 1,
    revision: 1,
    spec: { description: '', source, traits: [], labels: {}, ...more },
  };
}

/** The example App out of an image. */
export function containerState(source: ContainerImage, more: Partial<AppState['spec']> = {}): AppState {
  return exampleState({ kind: 'containerImage', containerImage: source }, more);
}
