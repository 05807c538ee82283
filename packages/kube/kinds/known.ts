/**
 * The kinds that this package knows, by apiVersion and kind: for callers that hold a manifest and need its URL.
 * For kinds beyond these, ask the server (`discovery.ts`).
 */
import type { KubeObject } from '../object.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import * as apps from './apps.ts';
import * as authentication from './authentication.ts';
import * as authorization from './authorization.ts';
import * as autoscaling from './autoscaling.ts';
import * as batch from './batch.ts';
import * as capsule from './capsule.ts';
import * as coordination from './coordination.ts';
import * as core from './core.ts';
import * as extension from './extension.ts';
import * as kyverno from './kyverno.ts';
import * as networking from './networking.ts';
import * as rbac from './rbac.ts';
import * as vela from './vela.ts';

const KNOWN: ReadonlyMap<string, Resource> = new Map(
  [
    apps,
    authentication,
    authorization,
    autoscaling,
    batch,
    capsule,
    coordination,
    core,
    extension,
    kyverno,
    networking,
    rbac,
    vela,
  ]
    .flatMap((kinds) => Object.values(kinds) as Resource[])
    .map((resource) => [`${apiVersionOf(resource)}/${resource.kind}`, resource]),
);

/** The Resource of a manifest's kind, or undefined when it is not one of ours. */
export function knownResource(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Resource | undefined {
  return KNOWN.get(`${object.apiVersion}/${object.kind}`);
}
