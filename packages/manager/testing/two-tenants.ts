/**
 * Two tenants that have one of everything each, and callers of every role in the first: by API token, as a person, and by
 * a group of a person. Whoever asks who may do what begins here.
 */
import type { SignInVerifier } from '../identity/sign-in/verifier.ts';
import { createTestManager, type TestManager } from './manager.ts';
import { imageSource, makePlace, makeToken } from './world.ts';

/** What a path can name, by name or by id. */
export interface Place {
  cluster: string;
  tenant: string;
  project: string;
  app: string;
  sandbox: string;
  appId: string;
  policySet: string;
  /** Of the tenant, as it has no other name. */
  roleBinding: string;
  token: string;
}

/** How a caller comes by its role. */
export const KINDS = ['token', 'user', 'group'] as const;
export type Kind = (typeof KINDS)[number];

export interface TwoTenants {
  readonly manager: TestManager;
  /** north/acme/shop, a sibling project north/acme/blog, and south/globex/site. */
  readonly own: Place;
  readonly sibling: Place;
  readonly foreign: Place;
  /** The same by id. */
  readonly ownIds: Place;
  readonly foreignIds: Place;
  /** Names of the roles, as people would say them; those of a tenant or a project are acme's. */
  readonly roles: readonly string[];
  /** The bearer token of a caller with that role. */
  bearer(role: string, kind?: Kind): string;
  close(): Promise<void>;
}

export const NOWHERE = '00000000-0000-4000-8000-000000000000';

const GRANTS: readonly [name: string, role: string, scope: { tenant?: string; project?: string }][] = [
  ['admin', 'admin', {}],
  ['ops', 'ops', {}],
  ['readOnly', 'readOnly', {}],
  ['tenantOwner of tenant', 'tenantOwner', { tenant: 'acme' }],
  ['projectDev of tenant', 'projectDev', { tenant: 'acme' }],
  ['readOnly of tenant', 'readOnly', { tenant: 'acme' }],
  ['projectDev of project', 'projectDev', { tenant: 'acme', project: 'shop' }],
  ['readOnly of project', 'readOnly', { tenant: 'acme', project: 'shop' }],
];

export async function createTwoTenants(databaseUrl: string): Promise<TwoTenants> {
  const manager = await createTestManager(databaseUrl, { verifier: everybody });
  const own = await fill(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
  const sibling = await fill(manager, { cluster: 'north', tenant: 'acme', project: 'blog' });
  const foreign = await fill(manager, { cluster: 'south', tenant: 'globex', project: 'site' });
  const bearers = new Map<string, string>([['token nobody', '']]);
  for (const [name, role, scope] of GRANTS) {
    bearers.set(`token ${name}`, await makeToken(manager, role, scope));
    for (const kind of ['User', 'Group'] as const) {
      const subject = { kind, name: kind === 'User' ? `ann, ${name}` : `people, ${name}` };
      await manager.must('POST', '/api/v1/role-bindings', { subject, role, scope });
    }
    bearers.set(`user ${name}`, signedIn(`ann, ${name}`, []));
    bearers.set(`group ${name}`, signedIn(`bob, ${name}`, ['everybody', `people, ${name}`]));
  }
  bearers.set('user nobody', signedIn('eve', ['everybody']));
  return {
    manager,
    own,
    sibling,
    foreign,
    ownIds: await idsOf(manager, own),
    foreignIds: await idsOf(manager, foreign),
    roles: GRANTS.map(([name]) => name),
    bearer(role, kind = 'token') {
      const found = bearers.get(`${kind} ${role}`);
      if (found === undefined) throw new Error(`nobody is ${role} by ${kind}`);
      return found;
    },
    close: () => manager.close(),
  };
}

/** A text in the form of an ID token that says who it is, and nothing else. */
function signedIn(subject: string, groups: readonly string[]): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part('test')}.${part({ subject, groups })}.${part('test')}`;
}

/** Believes what `signedIn` says; how a true one is checked is tried elsewhere. */
const everybody: SignInVerifier = {
  provider: 'external',
  async verify(idToken) {
    const { subject, groups } = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
    const issuedAt = new Date();
    return { subject, groups, issuedAt, expiresAt: new Date(issuedAt.getTime() + 3_600_000) };
  },
};

async function fill(manager: TestManager, names: { cluster: string; tenant: string; project: string }): Promise<Place> {
  const path = await makePlace(manager, names);
  const { cluster, tenant } = names;
  const app = await manager.must('POST', `${path}/apps`, { name: 'web', source: imageSource('1') });
  await manager.must('POST', `${path}/sandbox`, {});
  const policySets = `/api/v1/clusters/${cluster}/tenants/${tenant}/policysets`;
  if ((await manager.call('GET', `${policySets}/rules`)).status === 404) {
    await manager.must('POST', policySets, { name: 'rules', policies: [] });
  }
  const subject = { kind: 'User', name: `somebody in ${names.project}` };
  const scope = { tenant, project: names.project };
  const binding = await manager.must('POST', '/api/v1/role-bindings', { subject, role: 'readOnly', scope });
  const token = await manager.must('POST', '/api/v1/tokens', {
    name: `robot-${names.project}`,
    role: 'readOnly',
    scope,
    ttlSeconds: 3600,
  });
  return {
    ...names,
    app: 'web',
    sandbox: 'sbx-001',
    appId: app.id,
    policySet: 'rules',
    roleBinding: binding.id,
    token: token.id,
  };
}

async function idsOf(manager: TestManager, place: Place): Promise<Place> {
  const id = async (path: string): Promise<string> => (await manager.must('GET', `/api/v1${path}`)).id;
  const inCluster = `/clusters/${place.cluster}/tenants/${place.tenant}`;
  return {
    ...place,
    cluster: await id(`/clusters/${place.cluster}`),
    tenant: await id(`/tenants/${place.tenant}`),
    project: await id(`/tenants/${place.tenant}/projects/${place.project}`),
    app: place.appId,
    sandbox: await id(`${inCluster}/projects/${place.project}/sandbox/sbx-001`),
    policySet: await id(`${inCluster}/policysets/rules`),
  };
}
