/**
 * Every request that there is: for each resource, subresource and verb one that would change nothing if it came through
 * (`dryRun=All`, an object that is not there), sent by a person over both ways. What RBAC refuses answers 403 and says
 * so; what it lets pass answers with whatever comes after: 400, 404, 422, 200. Through capsule-proxy lists that no
 * namespace confines come through for its users, and then must hold nothing of anybody else's.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Through } from '../conformance/case.ts';
import { discover, keyOf, type ServedResource } from './discovery.ts';
import { expectedIn, expectedOnCluster } from './expected.ts';
import { type PersonName, people } from './people.ts';
import { type Place, places } from './places.ts';
import type { Opened } from './proofs.ts';
import { type Got, inParallel, objectsOf, openSender, type Sender, type Sent } from './requests.ts';

/** Nothing is called this. */
const NAME = 'not-there';
const QUERY = 'dryRun=All';

interface Attempt {
  readonly served: ServedResource;
  readonly verb: string;
  readonly request: Sent;
}

/** Whom and where: everybody in what is acme's and abroad, and the two whose rights matter most everywhere. */
const tried: Readonly<Record<PersonName, readonly string[]>> = {
  'acme-devs': [
    'tn-acme-shop-app-web',
    'tn-acme-shop-sbx-001',
    'tn-globex-shop-app-web',
    'tn-globex-shop-sbx-001',
    'kubenova-system',
    'kube-system',
  ],
  'acme-viewers': ['tn-acme-shop-app-web', 'tn-acme-shop-sbx-001', 'tn-globex-shop-sbx-001', 'kubenova-system'],
  'globex-devs': ['tn-acme-shop-app-web', 'tn-acme-shop-sbx-001'],
  'shop-devs': ['tn-acme-shop-app-web', 'tn-acme-shop-sbx-001', 'tn-acme-blog-app-press'],
  'shop-viewers': ['tn-acme-shop-sbx-001', 'tn-acme-blog-app-press'],
  nobody: ['tn-acme-shop-sbx-001', 'kube-system'],
  groupless: ['tn-acme-shop-sbx-001'],
  anonymous: ['tn-acme-shop-sbx-001'],
};

export function proveAttempts(world: Opened, who: readonly PersonName[]): void {
  describe('real requests', () => {
    let sender: Sender;
    let served: readonly ServedResource[];

    beforeAll(async () => {
      sender = openSender(world());
      served = await discover(world().admin);
    });

    afterAll(async () => {
      console.log(`${sender?.count()} requests`);
      await sender?.close();
    });

    const ways: readonly Through[] = ['API server', 'capsule-proxy'];
    const cases = ways.flatMap((through) => who.map((person) => ({ person, through })));

    it.each(cases)('$person through the $through: each verb in each namespace does what the table says', async (at) => {
      const { person, through } = at;
      for (const place of tried[person].map(placeOf)) {
        const allowed = expectedIn(person, place);
        const all = served.filter(({ namespaced }) => namespaced).flatMap((one) => attempts(one, place.namespace));
        const outcomes = await inParallel(all, async ({ served: one, verb, request }) => ({
          what: `${verb} ${keyOf(one)}`,
          wanted: allowed.get(keyOf(one))?.has(verb) ? 'passes' : refusal(person, through),
          found: outcome(await sender.send(person, through, request)),
        }));
        expect(surprises(outcomes), place.namespace).toEqual([]);
      }
    });

    it.each(cases)(
      '$person through the $through: what lies in no namespace is refused, or is the caller’s own',
      async (at) => {
        const { person, through } = at;
        const allowed = expectedOnCluster(person);
        const own = ownNamespaces(person);
        const all = served.flatMap((one) => attempts(one, undefined));
        const outcomes = await inParallel(all, async ({ served: one, verb, request }) => {
          const got = await sender.send(person, through, request);
          const what = `${verb} ${keyOf(one)}`;
          if (through === 'capsule-proxy' && got.code === 200 && ['list', 'watch', 'deletecollection'].includes(verb)) {
            return { what, wanted: 'nothing foreign', found: foreign(got, own).join(', ') || 'nothing foreign' };
          }
          const byProxy = through === 'capsule-proxy' && isUser(person) && what === 'create nodes';
          const permitted = allowed.get(keyOf(one))?.has(verb);
          const wanted = byProxy ? 'held back' : permitted ? 'passes' : refusal(person, through);
          const found = outcome(got);
          // Of what only owners of tenants see capsule-proxy says that it is not there, whether it is or not.
          const hidden = through === 'capsule-proxy' && verb === 'get' && found === 'passes' && got.code === 404;
          return { what, wanted, found: hidden ? wanted : found };
        });
        expect(surprises(outcomes)).toEqual([]);
      },
    );
  });
}

function placeOf(namespace: string): Place {
  const place = places.find((one) => one.namespace === namespace);
  if (place === undefined) throw new Error(`${namespace} is no place`);
  return place;
}

function ownNamespaces(person: PersonName): string[] {
  return places.filter((place) => expectedIn(person, place).size > 0).map(({ namespace }) => namespace);
}

interface Outcome {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

const surprises = (outcomes: readonly Outcome[]): string[] =>
  outcomes
    .filter(({ wanted, found }) => wanted !== found)
    .map(({ what, wanted, found }) => `${what}: ${found}, not ${wanted}`);

/** For these capsule-proxy answers some requests with its own rights, a write among them, which a policy holds back. */
const isUser = (person: PersonName): boolean =>
  people[person].groups?.some((group) => group === 'kubenova-users') ?? false;

/** Somebody without a token is unknown to the API server, and capsule-proxy refuses before it asks. */
function refusal(person: PersonName, through: Through): string {
  if (people[person].groups !== undefined) return 'refused';
  return through === 'API server' ? 'unknown' : 'turned away';
}

/**
 * What became of a request. The true capsule-proxy sends a request that it has refused on all the same, without its own
 * rights, and glues the API server's refusal to its own.
 */
function outcome({ code, json, text }: Got): string {
  if (code === 401) return 'unknown';
  if (code === 403 && text.includes('"message":"cannot retrieve user and group')) return 'turned away';
  const refusals = /"message":\s*"[\w.-]+( \\"[^"]*\\")? is forbidden: User \\"[^"]+\\" cannot /;
  if (code >= 400 && code < 500 && refusals.test(text)) return 'refused';
  if (code === 422 && text.includes('capsule-proxy writes nothing in its own name')) return 'held back';
  // The simulator says so of what it does not serve, after it has asked whether one may.
  if (code === 501 && text.includes('is not simulated')) return 'passes';
  // A refusal by admission comes after RBAC has let it pass.
  return code < 500 ? 'passes' : `answered ${code}: ${json?.message ?? text}`;
}

/**
 * Namespaces of others, or things without a namespace, in a list or in the events of a watch. Capsule tells of a
 * namespace by an event in `default` that it marks as the tenant's: there counts what the event is about.
 */
function foreign({ text, json }: Got, own: readonly string[]): string[] {
  const found = objectsOf(text, json).map((object) => {
    const { namespace, name } = object?.metadata ?? {};
    const about = object?.involvedObject ?? object?.regarding;
    return String(about?.kind === 'Namespace' ? about.name : (namespace ?? name));
  });
  return [...new Set(found)].filter((name) => !own.includes(name));
}

/** The requests of one resource, in a namespace or over all of them. */
function attempts(served: ServedResource, namespace: string | undefined): Attempt[] {
  const { group, version, name, namespaced, verbs } = served;
  const [resource = '', subresource] = name.split('/');
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const inside = namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  const collection = `${root}${inside}/${resource}`;
  // Without a namespace there are only the lists of what is namespaced.
  const overAll = namespaced && namespace === undefined;
  if (overAll && subresource !== undefined) return [];
  const object = subresource === undefined ? `${collection}/${NAME}` : `${collection}/${NAME}/${subresource}`;
  const metadata = { name: NAME, ...(inside !== '' && { namespace }) };
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const body = { apiVersion, kind: served.kind, metadata };
  const requests: Readonly<Record<string, Sent>> = {
    get: { method: 'GET', path: object },
    list: { method: 'GET', path: `${collection}?limit=100` },
    watch: { method: 'GET', path: `${collection}?watch=true&timeoutSeconds=1` },
    create: { method: 'POST', path: `${subresource === undefined ? collection : object}?${QUERY}`, body },
    update: { method: 'PUT', path: `${object}?${QUERY}`, body },
    patch: { method: 'PATCH', path: `${object}?${QUERY}`, body: {} },
    delete: { method: 'DELETE', path: `${object}?${QUERY}` },
    deletecollection: { method: 'DELETE', path: `${collection}?${QUERY}&labelSelector=no%3Dsuch` },
  };
  return verbs
    .filter((verb) => !overAll || verb === 'list' || verb === 'watch')
    .flatMap((verb) => {
      const request = requests[verb];
      return request === undefined ? [] : [{ served, verb, request }];
    });
}
