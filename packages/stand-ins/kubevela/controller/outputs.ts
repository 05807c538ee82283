/**
 * Reads and writes the objects that an Application is made of, as the identity that the Application names. One instance
 * serves one reconciliation: what was read once is not read again, as KubeVela's resource cache does it.
 */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { collectionPath, objectPath } from '@kubenova/kube/resource.ts';
import type { Application } from '../model/application.ts';
import { identityOf } from '../model/identity.ts';
import { ownershipProblem } from '../model/ownership.ts';
import { applyOnce } from '../model/policies.ts';
import { keepPaths, objectToCreate, patchFor, sameRender } from '../model/three-way.ts';
import { annotation, label } from '../model/vocabulary.ts';
import { withRenderHash } from '../render/component.ts';
import { NoMatchError, type RestMapper } from './rest-mapper.ts';

/** A failure in the words in which KubeVela hands it on. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

export interface ObjectName {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** The server's own text where it gave one. */
export function serverText(error: unknown): string {
  if (isKubeError(error)) return error.status?.message ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

export interface Outputs {
  /** The object with its namespace as the server wants it: none for a cluster-scoped kind. */
  settle(manifest: KubeObject): Promise<KubeObject>;
  /** @throws OutputError unless it is found or plainly absent. A kind that is not served counts as absent. */
  find(name: ObjectName): Promise<KubeObject | undefined>;
  /**
   * Creates or patches. `mode` dispatch leaves an object alone whose render hash is the same; drift compares fields.
   * @throws OutputError
   */
  apply(manifest: KubeObject, options: { dryRun: boolean; mode: 'dispatch' | 'drift' }): Promise<void>;
  /** @throws OutputError */
  delete(name: ObjectName): Promise<void>;
  /** Lets go of an object without deleting it. @throws OutputError */
  release(name: ObjectName): Promise<void>;
}

export function createOutputs(client: KubeClient, mapper: RestMapper, app: Application, now: () => string): Outputs {
  const actor = client.impersonate(identityOf(app));
  const drifting = applyOnce(app);
  const refOf = (name: ObjectName) => ({ name: name.name, namespace: name.namespace });

  async function wrap<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw new OutputError(`${what}: ${serverText(error)}`);
    }
  }

  async function read(name: ObjectName): Promise<KubeObject | undefined> {
    const resource = await mapper.resourceFor(name.apiVersion, name.kind);
    return actor.find(resource, refOf(name));
  }

  return {
    async settle(manifest) {
      try {
        const resource = await mapper.resourceFor(manifest.apiVersion, manifest.kind);
        if (resource.namespaced) return manifest;
      } catch (error) {
        if (!(error instanceof NoMatchError)) throw error;
        return manifest;
      }
      const { namespace: _dropped, ...metadata } = manifest.metadata;
      return { ...manifest, metadata };
    },

    async find(name) {
      try {
        return await read(name);
      } catch (error) {
        if (error instanceof NoMatchError) return undefined;
        throw new OutputError(serverText(error));
      }
    },

    async apply(manifest, { dryRun, mode }) {
      const wanted = withRenderHash(manifest);
      const name = { ...wanted, name: wanted.metadata.name, namespace: wanted.metadata.namespace };
      const live = await wrap('cannot get object', () => read(name));
      const query = dryRun ? { dryRun: 'All' } : undefined;
      const resource = await mapper.resourceFor(wanted.apiVersion, wanted.kind);
      if (!live) {
        // What a rule lets drift is not brought back once somebody deleted it.
        if (mode === 'drift' && drifting.pathsOf(wanted, 'onStateKeep').length > 0) return;
        const path = collectionPath(resource, wanted.metadata.namespace);
        const body = objectToCreate(wanted, now());
        await wrap('cannot create object', () => actor.request('POST', path, { body, query }));
        return;
      }
      const problem = ownershipProblem(live, app);
      if (problem) throw new OutputError(`cannot apply ApplyOption: ${problem}`);
      if (mode === 'dispatch' && sameRender(live, wanted)) return;
      const left = drifting.pathsOf(wanted, mode === 'dispatch' ? 'onUpdate' : 'onStateKeep');
      if (left.includes('*')) return;
      const patch = patchFor(live, keepPaths(wanted, live, left));
      if (!patch) return;
      const path = objectPath(resource, refOf(name));
      const contentType = 'application/merge-patch+json';
      await wrap('cannot patch object', () => actor.request('PATCH', path, { body: patch, query, contentType }));
    },

    async delete(name) {
      await wrap(`failed to delete resource ${name.kind} ${name.namespace ?? ''}/${name.name}`, async () => {
        await actor.delete(await mapper.resourceFor(name.apiVersion, name.kind), refOf(name));
      });
    },

    async release(name) {
      const patch = {
        metadata: {
          labels: { [label.appName]: null, [label.appNamespace]: null },
          annotations: { [annotation.lastAppliedTime]: null },
        },
      };
      await wrap('skipping deletion for resource', async () => {
        const resource = await mapper.resourceFor(name.apiVersion, name.kind);
        await actor.patch(resource, refOf(name), patch, { type: 'merge' });
      });
    },
  };
}

/** `Found 2 errors. [(a), (b)]`, or undefined when all went well. */
export function aggregated(results: readonly PromiseSettledResult<unknown>[]): OutputError | undefined {
  const messages = results.flatMap((result) => (result.status === 'rejected' ? [serverText(result.reason)] : []));
  if (messages.length === 0) return undefined;
  return new OutputError(`Found ${messages.length} errors. [(${messages.join('), (')})]`);
}
