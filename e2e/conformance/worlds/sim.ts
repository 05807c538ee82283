/** The simulator of `packages/kube-sim`, one cluster in this process for the whole run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { startSimCluster } from '@kubenova/kube-sim/cluster.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { ensureProgram } from '../../real/build.ts';
import type { World } from '../case.ts';
import type { Issuer } from '../issuer.ts';
import { offered } from './connect.ts';

export async function openSimWorld(issuer: Issuer): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-conformance-'));
  const pki = await openPki(path.join(folder, 'pki'), 'kubenova-sim conformance');
  const { cert, key } = await pki.server('kube-apiserver');
  const cluster = await startSimCluster({
    name: 'conformance',
    tls: { cert, key, caPem: pki.caPem },
    clientCaPem: pki.caPem,
    oidc: [{ issuerUrl: issuer.url, caPem: issuer.caPem, audience: issuer.audience }],
    onError: (where, error) => console.error(`${where}: ${error instanceof Error ? error.stack : error}`),
  });
  const connectionOf = async (user: string, groups: readonly string[]): Promise<KubeConnection> => {
    const file = Buffer.from(JSON.stringify([user, groups]))
      .toString('base64url')
      .slice(0, 200);
    const pair = await pki.issue(file, { commonName: user, organizations: groups, uses: ['client'] });
    return {
      server: cluster.server,
      ca: pki.caPem,
      credential: { kind: 'certificate', cert: pair.cert, key: pair.key },
    };
  };
  return {
    name: 'sim',
    about: 'kube-sim',
    offers: offered({
      nodes: true,
      shell: true,
      capsule: false,
      kubevela: false,
      'capsule-proxy': false,
      credentials: true,
      issuer: true,
      loopback: true,
    }),
    connection: await connectionOf('kubenova-admin', ['system:masters']),
    kubectl: process.env.KUBENOVA_KUBECTL ?? (await ensureProgram('kubectl')),
    connectionOf,
    async close() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
