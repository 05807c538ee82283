/**
 * What a conformance case is, and what a cluster has to offer for it.
 *
 * One list of cases (`cases/`) judges every cluster: the real API server and the simulator alike. The real one decides
 * what is right; where the two differ, the simulator is wrong. A case knows nothing of the world that it runs in.
 */
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';

export const worldNames = ['sim', 'real', 'kubeconfig'] as const;
export type WorldName = (typeof worldNames)[number];

/**
 * What not every cluster has:
 * - `nodes` that run pods, simulated or not · `shell` the few commands that both simulated containers know
 * - `capsule` (0.14) with the group `kubenova-users` · `kubevela` · `capsule-proxy`
 * - `credentials` a person can be given a certificate · `issuer` the cluster trusts the run's own OIDC issuer
 * - `loopback` the API server reaches what listens on this machine's 127.0.0.1
 */
export const offers = [
  'nodes',
  'shell',
  'capsule',
  'kubevela',
  'capsule-proxy',
  'credentials',
  'issuer',
  'loopback',
] as const;
export type Offer = (typeof offers)[number];

/** How a person reaches the cluster. */
export type Through = 'API server' | 'capsule-proxy';

/** A cluster to be judged. */
export interface World {
  readonly name: WorldName;
  /** What it is, for the first line of a run: which parts are true and which stand in. */
  readonly about: string;
  readonly offers: ReadonlySet<Offer>;
  /** With all rights (`system:masters`). */
  readonly connection: KubeConnection;
  /** Path of the real kubectl. */
  readonly kubectl: string;
  /** How somebody reaches it with a certificate of their own; only where `credentials` are offered. */
  connectionOf?(user: string, groups: readonly string[], through: Through): Promise<KubeConnection>;
  close(): Promise<void>;
}

/** A request as it goes over the wire. In path, query and body `{ns}` and `{u}` stand for the case's namespace and its unique word. */
export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** With the query, if any. */
  readonly path: string;
  /** Text goes as it is, anything else as JSON. */
  readonly body?: unknown;
  /** `application/json` unless said otherwise; '' sends none. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Instead of the administrator's certificate. */
  readonly token?: string;
  /** Impersonated by the administrator. */
  readonly as?: PersonName;
}

export interface RawAnswer {
  readonly code: number;
  readonly contentType: string;
  /** `Warning` headers, only the text. */
  readonly warnings: readonly string[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON, or the text when it is none. */
  readonly body: Body;
}

/** Objects as they come; the cases know what they look for. */
// biome-ignore lint/suspicious/noExplicitAny: a case that reads a field that is not there fails, which is what it is for.
export type Body = any;

export interface PersonName {
  readonly user: string;
  readonly groups?: readonly string[];
}

export interface KubectlOptions {
  /** Impersonated by the administrator, who it is when nobody is named. */
  readonly as?: PersonName;
  /** With a certificate of their own instead; needs `credentials`. */
  readonly through?: Through;
  /** A bearer token instead. */
  readonly token?: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface KubectlAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of a watch. */
export interface RawEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Body;
}

export interface RawWatch {
  /** The next event, within 20 seconds. @throws when the watch ended or nothing came */
  next(): Promise<RawEvent>;
  /** All that come until the server ends the watch. */
  rest(): Promise<RawEvent[]>;
  close(): void;
}

/** One run of one case: the cluster through its eyes. What it tells `keep` goes away after it, its namespaces after the run. */
export interface Scope {
  readonly world: World;
  readonly admin: KubeClient;
  /** A word that no other run has, for names of cluster-scoped objects: lower-case letters and digits. */
  readonly unique: string;
  /** The case's own namespace; made by `openNamespace`. */
  readonly ns: string;
  /** Somebody else's client, by impersonation. */
  as(person: PersonName): KubeClient;
  send(request: RawRequest): Promise<RawAnswer>;
  /** As `send`, and fails unless the answer is a success. */
  do(request: RawRequest): Promise<Body>;
  watch(path: string): Promise<RawWatch>;
  kubectl(words: readonly string[], options?: KubectlOptions): Promise<KubectlAnswer>;
  /** As `kubectl`, and answers its output; fails unless it succeeds. */
  run(words: readonly string[], options?: KubectlOptions): Promise<string>;
  /** Another namespace. */
  namespace(suffix: string, labels?: Record<string, string>): Promise<string>;
  /** Waits until something is there; what `look` throws counts as not yet. */
  until<T>(
    what: string,
    look: () => Promise<T | undefined | false> | T | undefined | false,
    everyMs?: number,
  ): Promise<T>;
  /** Deletes a cluster-scoped object, by its path, after the case; finalizers included. */
  keep(path: string): void;
  /** Compares with what the real API server gave, with uids, times and names of this run replaced. */
  golden(value: unknown): void;
  /** Of the run's issuer; needs `issuer`. */
  idToken(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

export interface Case {
  /** `<area>/<words>`; never changes, since goldens are kept under it. */
  readonly id: string;
  /** What must be true, as the sentence that a failed run prints. */
  readonly title: string;
  /** Worlds to which it is confined, and why it cannot run elsewhere. */
  readonly only?: { readonly worlds: readonly WorldName[]; readonly why: string };
  readonly needs?: readonly Offer[];
  run(scope: Scope): Promise<void>;
}

/** Cases of one area: `id: [title, run]`, or `id: [title, { only, needs }, run]`. */
export type CaseTable = Readonly<
  Record<string, readonly [string, Case['run']] | readonly [string, Pick<Case, 'only' | 'needs'>, Case['run']]>
>;

/** Gives the cases of a table their ids, and all of them what they need. */
export function casesOf(area: string, table: CaseTable, needs: readonly Offer[] = []): Case[] {
  return Object.entries(table).map(([id, entry]) => {
    const [title, second, third] = entry;
    const given = typeof second === 'function' ? {} : second;
    const run = typeof second === 'function' ? second : third;
    if (run === undefined) throw new Error(`${area}/${id} does nothing.`);
    const all = [...needs, ...(given.needs ?? [])];
    return { ...given, id: `${area}/${id}`, title, run, ...(all.length > 0 && { needs: all }) };
  });
}

/** Why a case does not run in a world; undefined when it does. */
export function exclusion(one: Case, world: Pick<World, 'name' | 'offers'>): string | undefined {
  if (one.only !== undefined && !one.only.worlds.includes(world.name)) return one.only.why;
  const missing = (one.needs ?? []).filter((need) => !world.offers.has(need));
  return missing.length > 0 ? `this cluster has no ${missing.join(', no ')}` : undefined;
}
