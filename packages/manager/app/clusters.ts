/** Clusters: registering the cluster of a zone, changing the way in, cordoning, forgetting. */

import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Cluster, ClusterCreate, ClusterUpdate, Labels } from '@kubenova/knapi/schemas.ts';
import { KubeconfigError, parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { type Caller, isOperator, reachFor } from '../identity/caller.ts';
import { clusterContext } from '../identity/sealing.ts';
import { enqueueCluster } from '../reconcile/queue.ts';
import {
  clustersHolding,
  deleteCluster as deleteRow,
  findCluster,
  insertCluster,
  listClusters as listRows,
  lockCluster,
  updateCluster as updateRow,
} from '../store/clusters.ts';
import { isStillReferenced, violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import { leftOnCluster } from '../store/placements.ts';
import type { ClusterRow } from '../store/rows.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, labelSelector, mapPage, pageRequest } from './lists.ts';
import { mergePatch } from './merge-patch.ts';
import { conflict, enumerate, invalid, requireName } from './names.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { settle } from './settle.ts';
import { createOnce, insertRecords, write } from './write.ts';

/** A cluster as the caller may see it; the API server's address is for operators. */
export function presentCluster(row: ClusterRow, caller: Caller): Cluster {
  return {
    id: row.id,
    name: row.name,
    zone: row.zone,
    labels: row.labels,
    ...(isOperator(caller) ? { server: row.server } : {}),
    capsuleProxyUrl: row.capsule_proxy_url,
    ...(row.capsule_proxy_ca === null ? {} : { capsuleProxyCa: row.capsule_proxy_ca }),
    connection: row.connection,
    auth: row.auth,
    cordoned: row.cordoned,
    ...(row.kubernetes_version === null ? {} : { kubernetesVersion: row.kubernetes_version }),
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    status: row.status,
  };
}

export async function listClusters(
  context: Context,
  query: ListQuery & { q?: string; labelSelector?: string },
): Promise<Outcome<Page<Cluster>>> {
  const { caller, operation } = context.call;
  const filter = {
    reach: reachFor(caller, operation),
    nameContains: query.q,
    labels: labelSelector(query.labelSelector),
  };
  const page = await listRows(context.services.db, filter, pageRequest(query));
  return ok(mapPage(page, (row) => presentCluster(row, caller)));
}

export async function getCluster(context: Context): Promise<Outcome<Cluster>> {
  return answer(context, context.target.cluster);
}

export async function createCluster(context: Context, body: ClusterCreate): Promise<Outcome<Cluster>> {
  requireName(body.name);
  requireName(body.zone, '/zone');
  const { db, enqueue } = context.services;
  const id = randomUUID();
  const credential = sealKubeconfig(context, id, body.kubeconfig);
  const row = await createOnce(context, {
    body,
    id,
    subject: { object: `cluster:${id}`, tenantId: null, status: 201 },
    create: async (trx, records) => {
      const made = await insertCluster(trx, {
        id,
        name: body.name,
        zone: body.zone,
        labels: body.labels ?? {},
        ...credential,
        capsuleProxyUrl: body.capsuleProxyUrl,
        capsuleProxyCa: body.capsuleProxyCa ?? null,
        auth: body.auth,
      });
      await insertRecords(trx, records);
      await enqueue(trx, `cluster:${id}`);
      return made;
    },
    repeat: (earlier) => findCluster(db, earlier),
  }).catch(async (error: unknown) => {
    if (violatedUnique(error) === undefined) throw error;
    throw await taken(context, body);
  });
  const settled = await settle(context, `cluster:${row.id}`, row, () => findCluster(db, row.id));
  return { ...answer(context, settled ?? row), kind: 'created' };
}

/** Who registers clusters sees them all, so the holder may be named. */
async function taken(context: Context, wanted: { name: string; zone: string }): Promise<Error> {
  const holders = await clustersHolding(context.services.db, wanted);
  const ofName = holders.find((holder) => holder.name === wanted.name);
  if (ofName !== undefined) return conflict(`A cluster named ${wanted.name} exists already. Choose another name.`);
  const ofZone = holders.find((holder) => holder.zone === wanted.zone);
  return conflict(
    `Zone ${wanted.zone} has a cluster already${ofZone === undefined ? '' : `: ${ofZone.name}`}. A zone has one cluster; change that one, or delete it first.`,
  );
}

export async function updateCluster(context: Context, body: ClusterUpdate): Promise<Outcome<Cluster>> {
  const { db, enqueue } = context.services;
  const { id } = context.target.cluster;
  const credential = body.kubeconfig === undefined ? undefined : sealKubeconfig(context, id, body.kubeconfig);
  const row = await write(context, async (trx) => {
    const current = await lockCluster(trx, id);
    if (current === undefined) throw notFound('cluster');
    requireMatch(context.call.ifMatch, current);
    const before = {
      labels: current.labels,
      capsuleProxyUrl: current.capsule_proxy_url,
      capsuleProxyCa: current.capsule_proxy_ca,
      auth: current.auth,
      cordoned: current.cordoned,
    };
    const after = {
      labels: mergePatch(current.labels, body.labels ?? {}) as Labels,
      capsuleProxyUrl: body.capsuleProxyUrl ?? before.capsuleProxyUrl,
      capsuleProxyCa: body.capsuleProxyCa ?? before.capsuleProxyCa,
      auth: body.auth ?? before.auth,
      cordoned: body.cordoned ?? before.cordoned,
    };
    const changed = credential !== undefined || canonicalJson(before) !== canonicalJson(after);
    const result = changed ? await updateRow(trx, id, { ...after, credential }) : current;
    if (changed) await enqueue(trx, `cluster:${id}`);
    // Every binding on the cluster names other subjects now.
    if (after.auth !== before.auth) await enqueueCluster(trx, id);
    return { result, subject: { object: `cluster:${id}`, tenantId: null, status: 200 } };
  });
  const settled = await settle(context, `cluster:${id}`, row, () => findCluster(db, id));
  return answer(context, settled ?? row);
}

export async function deleteCluster(context: Context): Promise<Outcome<never>> {
  const { id, name } = context.target.cluster;
  await write(context, async (trx) => {
    const current = await lockCluster(trx, id);
    if (current === undefined) throw notFound('cluster');
    requireMatch(context.call.ifMatch, current);
    const left = await leftOnCluster(trx, id);
    if (left.length > 0) throw stillPlaced(name, left);
    await deleteRow(trx, id);
    await context.services.enqueue(trx, `cluster:${id}`);
    return { result: undefined, subject: { object: `cluster:${id}`, tenantId: null, status: 204 } };
  }).catch((error: unknown) => {
    throw isStillReferenced(error) ? stillPlaced(name, []) : error;
  });
  return { kind: 'gone' };
}

function stillPlaced(cluster: string, tenants: readonly string[]): Error {
  const who =
    tenants.length === 0
      ? 'Tenants are'
      : `${tenants.length > 1 ? 'Tenants' : 'Tenant'} ${enumerate(tenants)} ${tenants.length > 1 ? 'are' : 'is'}`;
  return conflict(
    `${who} still placed on cluster ${cluster}. Take them away (DELETE /api/v1/clusters/${cluster}/tenants/…) first.`,
  );
}

function answer(context: Context, row: ClusterRow): Outcome<Cluster> {
  return ok(presentCluster(row, context.call.caller), etagOf(row));
}

/** Checks a kubeconfig and seals it for its cluster. What is wrong with it is said without quoting it. */
function sealKubeconfig(
  context: Context,
  clusterId: string,
  base64: string,
): { server: string; sealedKubeconfig: Buffer } {
  const text = decodeBase64(base64);
  if (text === undefined) {
    throw invalid('/kubeconfig', 'It is not base64 of a text. Send the output of `base64 -w0 < kubeconfig`.');
  }
  try {
    const { server } = parseKubeconfig(text);
    return { server, sealedKubeconfig: context.services.sealer.seal(text, clusterContext(clusterId)) };
  } catch (error) {
    if (error instanceof KubeconfigError) throw invalid('/kubeconfig', error.message);
    throw error;
  }
}

function decodeBase64(base64: string): string | undefined {
  const compact = base64.replace(/\s+/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(compact, 'base64'));
  } catch {
    return undefined;
  }
}
