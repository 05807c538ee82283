/**
 * The matrix: who × where × every resource and subresource × every verb, asked of the API server's authorizer cell by
 * cell, and held against `expected.ts`. What comes out is also printed as a golden text for people to read; its diff is
 * what a change of rights looks like.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discover, keyOf, type ServedResource } from './discovery.ts';
import { type Allowed, expectedIn, expectedOnCluster } from './expected.ts';
import { type PersonName, people, personNames } from './people.ts';
import { type Place, places } from './places.ts';
import type { Opened } from './proofs.ts';
import { type Asked, openReviews, type ReviewRules, type Reviews } from './reviews.ts';

/** What discovery does not list, and the authorizer knows all the same: verbs without a request of their own, and parts of the kubelet. */
const UNLISTED: readonly { group: string; name: string; namespaced: boolean; verbs: readonly string[] }[] = [
  { group: '', name: 'users', namespaced: false, verbs: ['impersonate'] },
  { group: '', name: 'groups', namespaced: false, verbs: ['impersonate'] },
  { group: '', name: 'serviceaccounts', namespaced: true, verbs: ['impersonate'] },
  { group: 'authentication.k8s.io', name: 'uids', namespaced: false, verbs: ['impersonate'] },
  { group: 'authentication.k8s.io', name: 'userextras/scopes', namespaced: false, verbs: ['impersonate'] },
  { group: 'rbac.authorization.k8s.io', name: 'roles', namespaced: true, verbs: ['bind', 'escalate'] },
  { group: 'rbac.authorization.k8s.io', name: 'clusterroles', namespaced: false, verbs: ['bind', 'escalate'] },
  { group: 'certificates.k8s.io', name: 'signers', namespaced: false, verbs: ['approve', 'attest', 'sign'] },
  { group: '', name: 'nodes/configz', namespaced: false, verbs: ['get'] },
  { group: '', name: 'nodes/log', namespaced: false, verbs: ['get'] },
  { group: '', name: 'nodes/metrics', namespaced: false, verbs: ['get'] },
  { group: '', name: 'nodes/pods', namespaced: false, verbs: ['get'] },
  { group: '', name: 'nodes/stats', namespaced: false, verbs: ['get'] },
  { group: 'networking.k8s.io', name: 'servicecidrs', namespaced: false, verbs: ['allow-service'] },
  { group: '*', name: '*', namespaced: true, verbs: ['*'] },
  { group: '*', name: '*', namespaced: false, verbs: ['*'] },
];

type Row = Pick<ServedResource, 'group' | 'name' | 'namespaced' | 'verbs'>;

/** The rights of acme's people are asked for everywhere; of the others' the rules reviews see to the rest. */
const EVERYWHERE: readonly PersonName[] = ['acme-devs', 'acme-viewers', 'shop-devs'];
const OF_NOTHING: readonly PersonName[] = ['nobody', 'groupless'];
const OUTSIDE = ['kubenova-system', 'kube-system'];

function cellByCell(person: PersonName): readonly Place[] {
  if (EVERYWHERE.includes(person)) return places;
  if (OF_NOTHING.includes(person)) {
    return places.filter(({ namespace }) => ['tn-acme-shop-sbx-001', ...OUTSIDE].includes(namespace));
  }
  return places.filter(({ kind, namespace }) => kind !== 'system' || OUTSIDE.includes(namespace));
}

/** All that a person may do in one place: `resource → verbs`. */
type Found = Map<string, Set<string>>;

const NOWHERE = '';

/**
 * @param who is asked for cell by cell; the rules of everybody are read
 * @param golden the file that it must read as; the simulator serves less than the real server
 */
export function proveMatrix(world: Opened, who: readonly PersonName[], golden: string): void {
  describe('the matrix', () => {
    let reviews: Reviews;
    let rows: Row[];
    let served: readonly ServedResource[];
    /** By person, then by namespace; what lies in no namespace is under ''. */
    const found = new Map<PersonName, Map<string, Found>>();
    let cells = 0;

    beforeAll(async () => {
      reviews = openReviews(world().servers['API server']);
      served = await discover(world().admin);
      rows = [...served, ...UNLISTED];
    });

    afterAll(async () => {
      await reviews?.close();
    });

    const tokenOf = (person: PersonName): string => {
      const token = world().tokenOf(person);
      if (token === undefined) throw new Error(`${person} has no token`);
      return token;
    };

    it.each(who.filter((name) => people[name].groups !== undefined))(
      '%s: may do what the table says, cell by cell, and nothing else',
      async (person) => {
        const asking = cellByCell(person);
        const questions = [NOWHERE, ...asking.map(({ namespace }) => namespace)].flatMap((namespace) =>
          rows
            .filter(({ namespaced }) => namespaced || namespace === NOWHERE)
            .flatMap((row) => row.verbs.map((verb) => ({ row, verb, namespace }))),
        );
        cells += questions.length;
        const answers = await reviews.mayI(tokenOf(person), questions.map(asked));
        const byPlace = new Map<string, Found>();
        for (const [index, { row, verb, namespace }] of questions.entries()) {
          if (answers[index] !== true) continue;
          const here = byPlace.get(namespace) ?? new Map<string, Set<string>>();
          byPlace.set(namespace, here);
          const key = keyOf(row);
          here.set(key, (here.get(key) ?? new Set()).add(verb));
        }
        found.set(person, byPlace);
        for (const place of asking) {
          const wanted = listed(expectedIn(person, place), rows);
          expect(lines(byPlace.get(place.namespace)), `${person} in ${place.namespace}`).toEqual(lines(wanted));
        }
        const wanted = listed(expectedOnCluster(person), rows);
        expect(lines(byPlace.get(NOWHERE)), `${person} on the cluster`).toEqual(lines(wanted));
      },
    );

    it.each(personNames.filter((name) => people[name].groups !== undefined))(
      '%s: has no rule beyond the table, not even for what is not served',
      async (person) => {
        for (const place of places) {
          const wanted = new Map([...expectedOnCluster(person), ...expectedIn(person, place)]);
          expect(beyond(await reviews.rulesIn(tokenOf(person), place.namespace), wanted), place.namespace).toEqual([]);
        }
      },
    );

    it('anonymous: may do nothing, were the API server to let anybody in without a token', async () => {
      const questions = ['', 'tn-acme-shop-sbx-001'].flatMap((namespace) =>
        ['get', 'list', 'create', 'delete', '*'].flatMap((verb) =>
          ['pods', 'secrets', 'namespaces', 'configmaps', '*'].map((resource) => ({ namespace, verb, resource })),
        ),
      );
      for (const resourceAttributes of questions) {
        const answer = (await world().admin.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          body: {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SubjectAccessReview',
            spec: { user: 'system:anonymous', groups: ['system:unauthenticated'], resourceAttributes },
          },
        })) as { status: { allowed: boolean } };
        expect(answer.status.allowed, JSON.stringify(resourceAttributes)).toBe(false);
      }
    });

    it('reads as follows', async () => {
      console.log(`${served.length} resources and subresources, ${cells} cells`);
      await expect(text(found)).toMatchFileSnapshot(`./golden/${golden}`);
    });
  });
}

function asked({ row, verb, namespace }: { row: Row; verb: string; namespace: string }): Asked {
  const [resource = '', subresource] = row.name.split('/');
  return { group: row.group, resource, verb, namespace, ...(subresource !== undefined && { subresource }) };
}

/** Of what is expected that which the cluster serves: others have no cell. */
function listed(allowed: Allowed, rows: readonly Row[]): Found {
  const wanted: Found = new Map();
  for (const row of rows) {
    const verbs = row.verbs.filter((verb) => allowed.get(keyOf(row))?.has(verb));
    if (verbs.length > 0) wanted.set(keyOf(row), new Set([...(wanted.get(keyOf(row)) ?? []), ...verbs]));
  }
  return wanted;
}

function lines(found: Found | undefined): string[] {
  return [...(found ?? [])].map(([key, verbs]) => `${key}: ${[...verbs].sort().join(' ')}`).sort();
}

/** Rules that give more than is wanted. */
function beyond(rules: ReviewRules, wanted: Allowed): string[] {
  const more = rules.resourceRules.flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((name) =>
        verbs
          .filter((verb) => !wanted.get(keyOf({ group, name }))?.has(verb))
          .map((verb) => `${verb} ${keyOf({ group, name })} ${resourceNames.join(',')}`.trim()),
      ),
    ),
  );
  // Of what is no resource everybody may read what discovery, health and version are, and no more.
  const paths = rules.nonResourceRules.flatMap(({ verbs, nonResourceURLs = [] }) =>
    nonResourceURLs
      .filter(
        (url) =>
          !/^\/(api|apis|openapi|healthz|livez|readyz|version|\.well-known\/openid-configuration|openid\/v1\/jwks)(\/|\/\*)?$/.test(
            url,
          ),
      )
      .concat(verbs.filter((verb) => verb !== 'get')),
  );
  return [...more, ...paths, ...(rules.incomplete ? ['the answer is incomplete'] : [])];
}

/** Who, where, what; places in which somebody may do the same stand together. */
function text(found: ReadonlyMap<PersonName, ReadonlyMap<string, Found>>): string {
  return personNames
    .filter((person) => found.has(person))
    .map((person) => {
      const byPlace = found.get(person);
      const blocks = new Map<string, string[]>();
      for (const place of cellByCell(person)) {
        const block = compact(byPlace?.get(place.namespace));
        blocks.set(block, [...(blocks.get(block) ?? []), nameOf(place)]);
      }
      const parts = [...blocks].map(([block, where]) => `  in ${where.join(', ')}\n${block}`);
      return [
        `${person}: ${people[person].about}`,
        ...parts,
        `  on the cluster\n${compact(byPlace?.get(NOWHERE))}`,
      ].join('\n');
    })
    .join('\n\n')
    .concat('\n');
}

const nameOf = (place: Place): string => place.namespace;

/** Resources with the same verbs stand in one paragraph. */
function compact(found: Found | undefined): string {
  const byVerbs = new Map<string, string[]>();
  for (const [key, verbs] of found ?? []) {
    const words = [...verbs].sort().join(' ');
    byVerbs.set(words, [...(byVerbs.get(words) ?? []), key]);
  }
  if (byVerbs.size === 0) return '    nothing';
  return [...byVerbs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([verbs, keys]) =>
        `    ${verbs}:\n${wrapped(keys.sort(), 110)
          .map((line) => `      ${line}`)
          .join('\n')}`,
    )
    .join('\n');
}

function wrapped(words: readonly string[], width: number): string[] {
  const found: string[] = [];
  for (const word of words) {
    const last = found.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) found[found.length - 1] = `${last} ${word}`;
    else found.push(word);
  }
  return found;
}
