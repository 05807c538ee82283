/**
 * A simulated cluster: store, kinds, API server and controllers, put together. Many of them live in one process; they
 * share nothing but what bounds the process (see `store/packed-entry.ts` and the machinery's runner).
 */
import { createPrivateKey } from 'node:crypto';
import { type Clock, systemClock, timestamp } from '@kubenova/kube-model/clock.ts';
import { builtinTypes } from '@kubenova/kube-model/resources/builtin.ts';
import { typesOfDefinition } from '@kubenova/kube-model/resources/custom.ts';
import { createRegistry } from '@kubenova/kube-model/resources/registry.ts';
import type { ResourceRegistry } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import { createAdmission } from './admission/plugins.ts';
import { createApiServer } from './api/api-server.ts';
import type { LocalClient } from './api/local-client.ts';
import { createLocalClient } from './api/local-clients.ts';
import type { VerbParts } from './api/verbs/call.ts';
import { createAuthenticator } from './auth/create-authenticator.ts';
import { createEscalationCheck } from './auth/escalation.ts';
import type { IssuerTrust } from './auth/jwt-issuers.ts';
import { createRbac } from './auth/rbac.ts';
import { answerReview } from './auth/reviews.ts';
import { createServiceAccountTokens } from './auth/service-account-token.ts';
import { answerTokenRequest } from './auth/token-request.ts';
import type { UserInfo } from './auth/user.ts';
import { initialObjects } from './cluster-objects.ts';
import type { Interceptor } from './faults/interceptor.ts';
import type { Machinery, MachineryHost } from './machinery.ts';
import { keepJournal } from './store/journal.ts';
import { createStore } from './store/memory-store.ts';

export interface SimClusterOptions {
  readonly name: string;
  readonly clock?: Clock;
  /** What the API server shows, valid for 127.0.0.1, and the authority that signed it, for `kube-root-ca.crt`. */
  readonly tls: { readonly cert: string; readonly key: string; readonly caPem: string };
  /** Client certificates that it signed are believed. */
  readonly clientCaPem: string;
  /** Any free one when left out. */
  readonly port?: number;
  /** PEM; a new key when left out, which makes the tokens of an earlier life invalid. */
  readonly serviceAccountKeyPem?: string;
  readonly oidc?: readonly IssuerTrust[];
  readonly interceptor?: Interceptor;
  /** One when left out. */
  readonly nodes?: number;
  /** Controllers and kubelets, as `stand-ins/kubernetes` has them. */
  readonly machinery: (host: MachineryHost) => Machinery;
  /** Changes that are remembered for watches. */
  readonly historyLimit?: number;
  /** Keeps the cluster over restarts; a file that no other cluster uses. */
  readonly journalFile?: string;
  /** Told of what goes wrong in controllers, and of defects. */
  readonly onError?: (where: string, error: unknown) => void;
}

export interface SimCluster {
  readonly name: string;
  /** `https://127.0.0.1:<port>`. */
  readonly server: string;
  readonly store: Store;
  readonly resources: ResourceRegistry;
  client(user: UserInfo): LocalClient;
  /** Replaces the JWT issuers that are trusted. */
  trustIssuers(issuers: readonly IssuerTrust[]): void;
  /** An outage of the API server: nothing is lost, controllers go on. */
  stopServing(): Promise<void>;
  /** Serves again, on the same port. */
  startServing(): Promise<void>;
  /** Resolves when no controller has anything to do soon. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
/** As kube-apiserver has etcd do it. */
const COMPACT_MS = 300_000;
const ISSUER = 'https://kubernetes.default.svc';

/** @throws Error of the system when the port is taken */
export async function startSimCluster(options: SimClusterOptions): Promise<SimCluster> {
  const { name, clock = systemClock(), tls, serviceAccountKeyPem } = options;
  const { journalFile, onError = () => undefined } = options;
  const store = createStore({ historyLimit: options.historyLimit });
  const resources = createRegistry(builtinTypes());
  serveDefinitions(store, resources);
  const authorizer = createRbac(store);
  const privateKey = serviceAccountKeyPem === undefined ? undefined : createPrivateKey(serviceAccountKeyPem);
  const tokens = createServiceAccountTokens({ store, clock, issuer: ISSUER, privateKey });
  const authenticator = createAuthenticator({ tokens, clock, issuers: options.oidc });
  const admission = [...createAdmission({ store, resources }), createEscalationCheck(authorizer)];
  const parts: VerbParts = { store, resources, clock, admission };
  const clientFor = (user: UserInfo): LocalClient => createLocalClient(parts, user);

  const journal = journalFile ? keepJournal(store, journalFile, (error) => onError('journal', error)) : undefined;
  if (store.revision === 0) await putInitialObjects(parts, name, options.nodes ?? 1);
  const { signForSecret } = tokens;
  const host = { clientFor, store, resources, clock, rootCa: tls.caPem, signForSecret, onError };
  const machinery = options.machinery(host);
  const server = createApiServer({
    ...parts,
    authenticator,
    authorizer,
    clientFor,
    machinery,
    interceptor: options.interceptor,
    tls,
    clientCaPem: options.clientCaPem,
    issuer: ISSUER,
    onError: options.onError,
    keys: () => tokens.keys(),
    review: (type, object, user, namespace) =>
      answerReview(type, object, user, { authorizer, authenticator, clock }, namespace),
    issueToken: (account, object) => answerTokenRequest(account, object, { store, clock, tokens }),
  });
  const letGo = async (): Promise<void> => {
    machinery.stop();
    await authenticator.close();
    await journal?.close();
  };
  const port = await server.listen(options.port ?? 0).catch(async (error: unknown) => {
    await letGo();
    throw error;
  });
  const stopCompacting = compactFromTimeToTime(store, clock);

  return {
    name,
    server: `https://127.0.0.1:${port}`,
    store,
    resources,
    client: clientFor,
    trustIssuers: authenticator.trustIssuers,
    stopServing: () => server.close(),
    async startServing() {
      // A new API server knows nothing of what was before it.
      store.compact();
      await server.listen(port);
    },
    settled: () => machinery.idle(),
    async stop() {
      stopCompacting();
      await server.close();
      await letGo();
    },
  };
}

/** What a CRD defines is served as long as it is established. */
function serveDefinitions(store: Store, resources: ResourceRegistry): void {
  store.onChange(DEFINITIONS, ({ type, entry, previous }) => {
    const { status } = entry.object as { status?: { conditions?: { type: string; status: string }[] } };
    const established = status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True');
    const wanted = type !== 'DELETED' && established;
    const served = resources.all().some(({ crd }) => crd === entry.name);
    const same = previous && JSON.stringify(previous.object.spec) === JSON.stringify(entry.object.spec);
    if (wanted && !(served && same)) resources.setCustom(entry.name, typesOfDefinition(entry.object));
    else if (!wanted && served) resources.setCustom(entry.name, []);
  });
}

async function putInitialObjects(parts: VerbParts, cluster: string, nodes: number): Promise<void> {
  const client = createLocalClient({ ...parts, admission: [] }, { username: 'system:apiserver', groups: [] });
  for (const object of initialObjects(cluster, nodes, timestamp(parts.clock))) {
    const [version = '', group = ''] = object.apiVersion.split('/').reverse();
    const type = parts.resources.byKind(group, version, object.kind);
    if (type === undefined) continue;
    const made = await client.create(type, structuredClone(object));
    if (object.status) await client.update(type, { ...made, status: object.status }, 'status');
  }
}

function compactFromTimeToTime(store: Store, clock: Clock): () => void {
  let upTo = store.revision;
  let cancel = (): void => {};
  const later = (): void => {
    cancel = clock.after(COMPACT_MS, () => {
      store.compact(upTo);
      upTo = store.revision;
      later();
    });
  };
  later();
  return () => cancel();
}
