/**
 * Asks a real API server the questions of `*.cases.yaml`, by dry run, and writes the answers as they are compared: what
 * differs from run to run (uids, times, allocated addresses) is replaced.
 */
import { readFileSync } from 'node:fs';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { createResourceFinder, servedResources } from '@kubenova/kube/discovery.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { collectionPath, objectPath } from '@kubenova/kube/resource.ts';
import { until } from '@kubenova/kube/testing/until.ts';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import type { Status } from '../../api-error.ts';

export interface Case {
  readonly why: string;
  readonly object: KubeObject;
  /** Set for updates: what is there before. */
  readonly old?: KubeObject;
}

export type Golden = 'answers' | 'refusals' | 'definitions' | 'custom';

export const NAMESPACE = 'kube-sim-recorded';

export function casesOf(name: Golden): Case[] {
  return parse(readFileSync(new URL(`../golden/${name}.cases.yaml`, import.meta.url), 'utf8')) as Case[];
}

/** What is recorded: by the case's reason, one a line. */
export function recordedOf(name: Golden): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
}

/** The contents of `<name>.json`, asked anew. */
export async function record(connection: KubeConnection, name: Golden): Promise<string> {
  const client = createKubeClient(connection);
  const find = createResourceFinder(client);
  const ask = asker(connection);
  const lines: string[] = [];
  if (name === 'custom') await serve(client, ask);
  for (const each of casesOf(name)) {
    const resource = await find(each.object);
    if (resource === undefined) throw new Error(`Nobody serves ${each.object.kind}.`);
    const where = resource.namespaced ? NAMESPACE : undefined;
    const collection = collectionPath(resource, where);
    let path = `${collection}?dryRun=All`;
    let body: KubeObject = each.object;
    if (each.old) {
      const old = await ask('POST', collection, each.old);
      if (old.kind === 'Status') throw new Error(`${each.why}: ${JSON.stringify(old)}`);
      path = `${objectPath(resource, { name: old.metadata.name, namespace: where })}`;
    }
    if (each.old && (name === 'definitions' || name === 'custom')) body = await locked(ask, path, body);
    const answer = await ask(each.old ? 'PUT' : 'POST', each.old ? `${path}?dryRun=All` : path, body);
    if (each.old) await ask('DELETE', `${path}?gracePeriodSeconds=0`);
    lines.push(`${JSON.stringify(each.why)}:${JSON.stringify(comparable(answer))}`);
  }
  await client.close();
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Definition of the custom kind that `custom.cases.yaml` is about. */
export const widgetDefinition = (): KubeObject =>
  parse(readFileSync(new URL('../golden/widget.yaml', import.meta.url), 'utf8')) as KubeObject;

async function serve(client: KubeClient, ask: Ask): Promise<void> {
  const definition = widgetDefinition();
  await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  const isServed = async () => (await servedResources(client, 'kube-sim.example.com/v1')).length > 0;
  await until('serving of widgets', isServed, 30_000);
}

/** Custom objects and definitions are not updated without a version; that of a definition changes until it is established. */
async function locked(ask: Ask, path: string, body: KubeObject): Promise<KubeObject> {
  let resourceVersion: string | undefined;
  const isSettled = async () => {
    const found = (await ask('GET', path)) as KubeObject & {
      status?: { conditions?: { type: string; status: string }[] };
    };
    const established = found.status?.conditions?.some(
      ({ type, status }) => type === 'Established' && status === 'True',
    );
    resourceVersion = found.metadata.resourceVersion;
    return found.kind !== 'CustomResourceDefinition' || established === true;
  };
  await until('establishing of a definition', isSettled, 30_000);
  return { ...body, metadata: { ...body.metadata, resourceVersion } };
}

type Ask = ReturnType<typeof asker>;

const SERVERS_OWN = ['uid', 'creationTimestamp', 'managedFields', 'resourceVersion'];
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Of admission plugins, which have tests of their own. */
const ADMITTED = ['serviceAccountName', 'serviceAccount', 'tolerations', 'priority', 'preemptionPolicy'];

/** What may not change in a Pod is told with a diff of Go structures, which is not told here. */
const withoutDiff = (message: string) => message.replace(/\n@@[\s\S]*?(\]?)$/, '$1');

/** An object without what is the server's own, a Status as what it says. */
export function comparable(answer: KubeObject): unknown {
  if (answer.kind === 'Status') {
    const { code, reason, message, details } = answer as unknown as Status;
    const causes = details?.causes?.map((cause) => ({ ...cause, message: withoutDiff(cause.message ?? '') }));
    return unordered({ code, reason, message: withoutDiff(message ?? ''), ...(causes && { causes }) });
  }
  const copy = JSON.parse(JSON.stringify(answer).replaceAll(UID, 'UID')) as KubeObject & {
    spec?: Record<string, unknown>;
  };
  for (const key of SERVERS_OWN) delete (copy.metadata as unknown as Record<string, unknown>)[key];
  const { spec, kind } = copy;
  if (kind === 'Pod') for (const key of ADMITTED) delete spec?.[key];
  if (kind === 'Node') delete spec?.taints;
  if (kind.startsWith('PersistentVolume')) delete copy.metadata.finalizers;
  if (kind === 'PersistentVolume') delete (copy.status as Record<string, unknown>).lastPhaseTransitionTime;
  if (kind === 'Service') {
    for (const port of (spec?.ports ?? []) as { nodePort?: number }[]) if (port.nodePort) port.nodePort = 30_000;
    if (String(spec?.clusterIP).startsWith('10.96.0.'))
      Object.assign(spec ?? {}, { clusterIP: 'IP', clusterIPs: ['IP'] });
  }
  return copy;
}

interface Told {
  readonly code: number;
  readonly reason?: string;
  readonly message: string;
  readonly causes?: readonly object[];
}

/** The real server tells several mistakes in an order that changes from run to run, and repeats them in the message. */
function unordered(told: Told): object {
  const { causes = [], message } = told;
  if (causes.length < 2) return told;
  const sorted = [...causes].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { ...told, message: message.slice(0, message.indexOf('[')), length: message.length, causes: sorted };
}

/** Not our client, which does not pass on what a server says of a body. */
function asker({ server, ca, credential }: KubeConnection) {
  const dispatcher = new Agent({
    connect: {
      ca,
      ...(credential.kind === 'certificate' && { cert: credential.cert, key: credential.key }),
    },
  });
  return async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<KubeObject> => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const response = await request(server + path, { method, dispatcher, headers, body: JSON.stringify(body) });
    return (await response.body.json()) as KubeObject;
  };
}
