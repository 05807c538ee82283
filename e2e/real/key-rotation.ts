/**
 * The keys of KubeNova's issuer change twice under a client that never pauses, on an API server that trusts it: nobody is
 * refused, neither with a token that was just made nor with one from before. And what is true of tokens there: they
 * verify while the issuer is away, they end, and what was opened with one stays open when it has ended.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { SelfSubjectReview } from '@kubenova/kube/kinds/authentication.ts';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { createIssuer, type Issuer } from '@kubenova/manager/identity/issuer.ts';
import { createSealer } from '@kubenova/manager/identity/sealing.ts';
import { openStore, type Store } from '@kubenova/manager/store/connect.ts';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A cluster that trusts an issuer from its start. */
export interface TrustingCluster {
  /** A kubeconfig with all rights, as YAML or JSON. */
  readonly adminKubeconfig: string;
  stop(): Promise<void>;
}

export type StartTrusting = (oidc: { issuerUrl: string; caPem: string; audience: string }) => Promise<TrustingCluster>;

const AUDIENCE = 'kubenova:rotating';
const GROUP = 'rotation-readers';
const NAMESPACE = 'rotation';

/** Registers the tests. */
export function keyRotation(start: StartTrusting): void {
  let database: TestDatabase;
  let store: Store;
  let issuer: Issuer;
  let endpoint: Server;
  let cluster: TrustingCluster;
  let admin: KubeClient;
  /** How often the API server has asked for the keys. */
  let fetches = 0;
  let isAway = false;

  beforeAll(async () => {
    database = await createTestDatabase();
    store = openStore({ url: database.url });
    const authority = await createAuthority('rotating issuer');
    const tls = await authority.issue({ commonName: 'issuer', ips: ['127.0.0.1'], uses: ['server'] });
    endpoint = createServer(tls, (request, response) => {
      if (isAway) {
        response.destroy();
        return;
      }
      // As the Manager's edge answers.
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
      const answer = request.url === '/oidc/jwks' ? issuer.jwks() : Promise.resolve(issuer.discovery());
      if (request.url === '/oidc/jwks') fetches += 1;
      void answer.then((body) => response.writeHead(200, headers).end(JSON.stringify(body)));
    });
    endpoint.listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const url = `https://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
    const sealer = createSealer({ keys: new Map([[0, Buffer.alloc(32, 3)]]), current: 0 });
    issuer = createIssuer({ db: store.db, sealer, url, publishAheadSeconds: 2 });
    await issuer.ensureKey();
    cluster = await start({ issuerUrl: url, caPem: authority.cert, audience: AUDIENCE });
    admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfig), { userAgent: 'key-rotation' });
    await admin.apply(
      Namespace,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      { fieldManager: 'test' },
    );
    await admin.apply(
      RoleBinding,
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: GROUP, namespace: NAMESPACE },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: GROUP }],
      },
      { fieldManager: 'test' },
    );
    await waitFor({ what: 'the issuer to be trusted', timeoutMs: 60_000, look: async () => accepts(await mint()) });
  }, 20 * 60_000);

  afterAll(async () => {
    await admin?.close();
    await cluster?.stop();
    endpoint?.closeAllConnections();
    endpoint?.close();
    await store?.close();
    await database?.drop();
  });

  async function mint(ttlSeconds = 3600): Promise<string> {
    return (await issuer.mint({ subject: 'kubenova:ann', audience: AUDIENCE, groups: [GROUP], ttlSeconds })).token;
  }

  /** A client with the token alone. */
  function clientWith(token: string): KubeClient {
    const connection = parseKubeconfig(cluster.adminKubeconfig);
    return createKubeClient({ ...connection, credential: { kind: 'token', token } }, { userAgent: 'key-rotation' });
  }

  /** @returns true, or undefined when the API server does not know the token */
  async function accepts(token: string): Promise<true | undefined> {
    const client = clientWith(token);
    try {
      await client.create(SelfSubjectReview, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
        metadata: { name: '' },
      });
      return true;
    } catch (error) {
      if (isKubeError(error, 'Unauthorized')) return undefined;
      throw error;
    } finally {
      await client.close();
    }
  }

  describe('a signing key that changes', () => {
    it('twice, every 100 ms a token that was just made and the oldest one: none is refused', async () => {
      const oldest = await mint();
      const kids = new Set<string>();
      const refusals: string[] = [];
      let polls = 0;
      await issuer.rotate();
      await waitFor({
        what: 'the third key to have signed',
        timeoutMs: 60_000,
        everyMs: 100,
        look: async () => {
          polls += 1;
          const fresh = await mint();
          const kid = String(decodeProtectedHeader(fresh).kid);
          if (!kids.has(kid) && kids.size === 1) await issuer.rotate();
          kids.add(kid);
          for (const [what, token] of Object.entries({ fresh, oldest })) {
            if ((await accepts(token)) === undefined) refusals.push(`${what} at poll ${polls}, key ${kids.size}`);
          }
          return kids.size === 3 || undefined;
        },
      });
      expect(refusals).toEqual([]);
      // The API server has met each new key in a token, and asked again just then.
      expect(fetches).toBeLessThan(polls);
    });

    it('is none of the API server’s business while the issuer is away', async () => {
      isAway = true;
      try {
        expect(await accepts(await mint())).toBe(true);
      } finally {
        isAway = false;
      }
    });
  });

  describe('a token that ends', () => {
    it('is refused from then on, and leaves open what was opened with it', async () => {
      const token = await mint(5);
      const client = clientWith(token);
      const closing = new AbortController();
      const seen: string[] = [];
      const { resourceVersion } = await client.list(ConfigMap, { namespace: NAMESPACE });
      const opened = Promise.withResolvers<void>();
      const watching = (async () => {
        const options = { namespace: NAMESPACE, resourceVersion, signal: closing.signal, onOpen: opened.resolve };
        for await (const event of client.watch(ConfigMap, options)) {
          if (event.type === 'ADDED') seen.push(event.object.metadata.name);
        }
      })().catch((error: unknown) => {
        if (!closing.signal.aborted) throw error;
      });
      await opened.promise;
      await waitFor({
        what: 'the token to be refused',
        // An API server remembers for ten seconds that a token was good.
        timeoutMs: 60_000,
        everyMs: 250,
        look: async () => ((await accepts(token)) === undefined ? true : undefined),
      });
      await admin.create(ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'after-the-end', namespace: NAMESPACE },
      });
      await waitFor({
        what: 'the event',
        timeoutMs: 30_000,
        look: () => seen.includes('after-the-end') || undefined,
      });
      closing.abort();
      await watching;
      await client.close();
    });
  });
}
