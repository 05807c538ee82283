/** What kube-sim knows of Kubernetes, asked anew: the facts that it was generated from and the answers that it is held to. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKubeClient } from '@kubenova/kube/client.ts';
import { Namespace, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { type KubeConnection, parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { systemClock } from '@kubenova/kube-model/clock.ts';
import { builtinTypes } from '@kubenova/kube-model/resources/builtin.ts';
import { typesOfDefinition } from '@kubenova/kube-model/resources/custom.ts';
import { validateDefinition } from '@kubenova/kube-model/resources/custom-definition.ts';
import { prepareForCreate } from '@kubenova/kube-model/resources/strategy.ts';
import { type Golden, NAMESPACE, record } from '@kubenova/kube-model/resources/testing/ask.ts';
import { decode } from '@kubenova/kube-model/schema/decode.ts';
import { applyDefaults } from '@kubenova/kube-model/schema/defaults.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ensureBinaries } from './build.ts';
import { readFacts } from './kube-sim-facts/schema.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const minutes = 60_000;
const kubeModel = path.resolve(import.meta.dirname, '../../packages/kube-model');
const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-schema-'));
const binaries = await ensureBinaries();
let cluster: RealCluster;
let connection: KubeConnection;

beforeAll(async () => {
  cluster = await startRealCluster({ name: 'schema', dataDir: folder, binaries, components: 'off' });
  connection = parseKubeconfig(cluster.adminKubeconfigYaml);
  const client = createKubeClient(connection);
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await waitFor({
    what: 'the default ServiceAccount',
    timeoutMs: 30_000,
    look: () => client.find(ServiceAccount, { namespace: NAMESPACE, name: 'default' }),
  });
  await client.close();
}, 20 * minutes);

afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the generated facts are what the API server says', async () => {
  const client = createKubeClient(connection);
  const { components, resources } = await readFacts(client);
  await client.close();
  await expect(components).toMatchFileSnapshot(path.join(kubeModel, 'schema/generated/components.json'));
  await expect(resources).toMatchFileSnapshot(path.join(kubeModel, 'resources/generated/resources.json'));
});

test.each<Golden>(['answers', 'refusals', 'definitions', 'custom'])(
  '%s are what the API server answers',
  async (name) => {
    await expect(await record(connection, name)).toMatchFileSnapshot(
      path.join(kubeModel, `resources/golden/${name}.json`),
    );
  },
);

describe('the definitions of Capsule', () => {
  const files = readdirSync(path.join(binaries.capsuleChart, 'crds')).filter((file) => file.endsWith('.yaml'));
  const type = builtinTypes().find(({ kind }) => kind === 'CustomResourceDefinition');
  if (!type) throw new Error('nobody knows definitions');

  test.each(files)('%s is taken as it is', (file) => {
    const text = readFileSync(path.join(binaries.capsuleChart, 'crds', file), 'utf8');
    const { object, unknownFields } = decode(type, parse(text) as KubeObject);
    applyDefaults(type, object);
    prepareForCreate(type, object, { store: createStore(), clock: systemClock() });
    expect(unknownFields).toEqual([]);
    expect(validateDefinition(object)).toEqual([]);
    expect(typesOfDefinition(object).length).toBeGreaterThan(0);
  });
});
