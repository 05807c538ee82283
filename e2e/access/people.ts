/** Who tries. */

export const people = {
  'acme-devs': { about: 'a developer of the tenant acme', groups: ['kubenova-users', 'acme-devs'] },
  'acme-viewers': { about: 'a reader of the tenant acme', groups: ['kubenova-users', 'acme-viewers'] },
  'globex-devs': { about: 'a developer of another tenant', groups: ['kubenova-users', 'globex-devs'] },
  'shop-devs': { about: 'a developer of the project acme/shop alone', groups: ['kubenova-users', 'acme/shop-devs'] },
  'shop-viewers': { about: 'a reader of the project acme/shop alone', groups: ['kubenova-users', 'acme/shop-viewers'] },
  nobody: { about: 'known to KubeNova, a member of nothing', groups: ['kubenova-users'] },
  groupless: { about: 'a valid token that names no group', groups: [] },
  anonymous: { about: 'no token at all', groups: undefined },
} as const satisfies Record<string, { about: string; groups: readonly string[] | undefined }>;

export type PersonName = keyof typeof people;

export const personNames = Object.keys(people) as PersonName[];
