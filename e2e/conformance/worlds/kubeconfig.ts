/**
 * Any cluster that somebody has a kubeconfig of. What it offers is found out by asking it. People can be given
 * certificates, which capsule-proxy needs, where KUBENOVA_CONFORMANCE_PKI names a folder with the cluster's `ca.crt` and
 * `ca.key`; KUBENOVA_CONFORMANCE_CAPSULE_PROXY is capsule-proxy's URL.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createKubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { createResourceFinder } from '@kubenova/kube/discovery.ts';
import { Node } from '@kubenova/kube/kinds/core.ts';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { openAuthority } from '@kubenova/testkit/certificates.ts';
import { ensureProgram } from '../../real/build.ts';
import type { World } from '../case.ts';
import { offered } from './connect.ts';

export async function openKubeconfigWorld(): Promise<World> {
  const file = process.env.KUBENOVA_CONFORMANCE_KUBECONFIG;
  if (file === undefined) throw new Error('KUBENOVA_CONFORMANCE_KUBECONFIG names no kubeconfig.');
  const connection = await loadKubeconfigFile(file);
  const client = createKubeClient(connection);
  const find = createResourceFinder(client);
  const served = async (apiVersion: string, kind: string) => (await find({ apiVersion, kind })) !== undefined;
  const [nodes, capsule, kubevela] = await Promise.all([
    client.list(Node).then(({ items }) => items.length > 0),
    served('capsule.clastix.io/v1beta2', 'Tenant'),
    served('core.oam.dev/v1beta1', 'Application'),
  ]);
  await client.close();
  const connectionOf = await certificates(connection);
  return {
    name: 'kubeconfig',
    about: connection.server,
    offers: offered({
      nodes,
      shell: nodes && process.env.KUBENOVA_CONFORMANCE_SHELL !== 'no',
      capsule,
      kubevela,
      'capsule-proxy': connectionOf !== undefined && process.env.KUBENOVA_CONFORMANCE_CAPSULE_PROXY !== undefined,
      credentials: connectionOf !== undefined,
      issuer: false,
      loopback: new URL(connection.server).hostname === '127.0.0.1',
    }),
    connection,
    kubectl: process.env.KUBENOVA_KUBECTL ?? (await ensureProgram('kubectl')),
    ...(connectionOf !== undefined && { connectionOf }),
    close: async () => undefined,
  };
}

async function certificates(connection: KubeConnection): Promise<World['connectionOf']> {
  const folder = process.env.KUBENOVA_CONFORMANCE_PKI;
  if (folder === undefined) return undefined;
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  const authority = await openAuthority({ cert: read('ca.crt'), key: read('ca.key') });
  const issued = new Map<string, Promise<KubeConnection>>();
  return (user, groups, through) => {
    const server = through === 'capsule-proxy' ? process.env.KUBENOVA_CONFORMANCE_CAPSULE_PROXY : connection.server;
    const key = JSON.stringify([user, groups, server]);
    const made = async (): Promise<KubeConnection> => {
      const pair = await authority.issue({ commonName: user, organizations: groups, uses: ['client'] });
      return { ...connection, server: server ?? connection.server, credential: { kind: 'certificate', ...pair } };
    };
    const known = issued.get(key) ?? made();
    issued.set(key, known);
    return known;
  };
}
