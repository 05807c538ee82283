/**
 * App namespaces as the product fills them: what the Manager makes, the Application with its revision and tracker, what
 * KubeVela makes of it, and what the cluster's own controllers add (ReplicaSet, Pod, endpoints, default account, events).
 */

import path from 'node:path';
import { appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import { appStateConfigMap } from '@kubenova/domain/app-state.ts';
import { SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { containerState } from '@kubenova/domain/testing/fixtures.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { LocalClient } from '@kubenova/kube-sim/api/local-client.ts';
import type { SimCluster } from '@kubenova/kube-sim/cluster.ts';
import { readManifests } from '@kubenova/testkit/definitions.ts';

const manifests = path.join(import.meta.dirname, '..', '..', 'packages', 'stand-ins', 'kubevela', 'manifests');
const admin = { username: 'bench', groups: ['system:masters'] };

/** Puts so many app namespaces into a cluster and waits until its controllers have nothing left to do. */
export async function fillCluster(cluster: SimCluster, namespaces: number): Promise<void> {
  const client = cluster.client(admin);
  const objects = readManifests(manifests);
  const isDefinition = ({ kind }: KubeObject) => kind === 'CustomResourceDefinition';
  await createAll(client, objects.filter(isDefinition));
  await cluster.settled();
  await createAll(client, [namespaceObject(SYSTEM_NAMESPACE), ...objects.filter((object) => !isDefinition(object))]);
  for (let number = 1; number <= namespaces; number += 1) {
    await createAll(client, appObjects(number));
    // The history of a cluster is bounded, and so is what its controllers have to catch up with.
    if (number % 50 === 0) await cluster.settled();
  }
  await cluster.settled();
}

function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

async function createAll(client: LocalClient, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const resource = knownResource(object);
    if (resource === undefined) throw new Error(`packages/kube knows no ${object.apiVersion} ${object.kind}`);
    await client.create(resource, structuredClone(object));
  }
}

function appObjects(number: number): KubeObject[] {
  const name = `app-${number}`;
  const namespace = `tn-acme-shop-app-${name}`;
  const state = {
    ...containerState({ image: 'docker.io/library/nginx', tag: '1.27.1', ports: [80] }),
    name,
    namespace,
  };
  const { namespace: made, serviceAccount, bindings } = appNamespaceObjects(state);
  const rendered = renderApplication(state);
  if (!rendered.ok) throw new Error('the example App cannot be rendered');
  const { application } = rendered;
  const desired = appStateConfigMap({ ...state, id: crypto.randomUUID() });
  const labels = {
    'app.oam.dev/name': name,
    'app.oam.dev/namespace': namespace,
    'app.oam.dev/appRevision': `${name}-v1`,
  };
  const selector = { 'app.oam.dev/component': name };
  return [
    made,
    serviceAccount,
    ...bindings,
    desired,
    application,
    {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ApplicationRevision',
      metadata: { name: `${name}-v1`, namespace, labels },
      spec: { application },
    },
    {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'ResourceTracker',
      metadata: { name: `${name}-v1-${namespace}`, labels },
      spec: {
        type: 'versioned',
        managedResources: ['Deployment', 'Service'].map((kind) => ({ kind, name, namespace })),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: selector },
          spec: { containers: [{ name, image: 'docker.io/library/nginx:1.27.1', ports: [{ containerPort: 80 }] }] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { selector, ports: [{ port: 80 }] },
    },
  ];
}
