import path from 'node:path';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { installDefinitions, readManifests } from '@kubenova/testkit/definitions.ts';
import { writeKubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import type { Program } from '@kubenova/testkit/process/supervisor.ts';
import { type ComponentKind, standInManifests, standInProgram, type TruePrograms } from './component-programs.ts';
import type { StackContext } from './context.ts';

/** Namespace of vela-core and of its definitions. */
export const velaNamespace = 'vela-system';

/** vela-core's own ServiceAccount. */
export const velaAccount = 'kubevela-vela-core';

/**
 * Starts the true vela-core or its stand-in. Both run as `vela-system/kubevela-vela-core` and have
 * the same few rights: what Vela keeps for itself, and to act as a ServiceAccount that is called
 * `kubenova-deployer`. Neither is cluster-admin, as the chart of the true one would have it, so that
 * whoever can write an Application gains nothing by it.
 */
export async function startKubeVela(
  context: StackContext,
  programs: TruePrograms,
): Promise<Exclude<ComponentKind, 'off'>> {
  const { apply, pki } = context;
  const { velaCoreBin, componentManifests } = programs;
  const manifests =
    velaCoreBin && componentManifests
      ? ['crds', 'definitions'].flatMap((folder) => readManifests(path.join(componentManifests, 'kubevela', folder)))
      : readManifests(standInManifests('kubevela'));
  const isDefinition = ({ kind }: KubeObject) => kind === 'CustomResourceDefinition';
  await Promise.all([
    installDefinitions(context, manifests.filter(isDefinition)),
    apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: velaNamespace } }], rights),
  ]);
  await apply(manifests.filter((object) => !isDefinition(object)));
  const kubeconfigFile = path.join(context.dataDir, 'kubeconfigs', 'vela-core.json');
  const credential = await pki.serviceAccountClient('client-vela-core', velaNamespace, velaAccount);
  writeKubeconfig(kubeconfigFile, context.name, context.connectionOf(credential));
  const program = await context.supervisor.start(
    velaCoreBin
      ? trueProgram(context, velaCoreBin, kubeconfigFile)
      : {
          name: 'vela-core',
          command: process.execPath,
          arguments: [standInProgram('kubevela'), '--kubeconfig', kubeconfigFile],
        },
  );
  if (!velaCoreBin) return 'stand-in';
  await waitFor({
    what: `vela-core of ${context.name} to be ready`,
    timeoutMs: 60_000,
    giveUp: () => program.assertAlive(),
    look: async () => (await fetch(`http://127.0.0.1:${context.ports.velaHealth}/readyz`)).ok || undefined,
  });
  return 'true';
}

function trueProgram(context: StackContext, command: string, kubeconfigFile: string): Program {
  return {
    name: 'vela-core',
    command,
    arguments: [
      '--use-webhook=false',
      '--feature-gates=AuthenticateApplication=true',
      `--system-definition-namespace=${velaNamespace}`,
      `--metrics-addr=127.0.0.1:${context.ports.velaMetrics}`,
      `--health-addr=127.0.0.1:${context.ports.velaHealth}`,
      '--max-workflow-wait-backoff-time=5',
      '--application-revision-limit=5',
      '--concurrent-reconciles=4',
      '--kube-api-qps=400',
      '--kube-api-burst=600',
    ],
    environment: { KUBECONFIG: kubeconfigFile, NAMESPACE: velaNamespace },
  };
}

const everyVerb = ['*'];
const reading = ['get', 'list', 'watch'];
const subjects = [{ kind: 'ServiceAccount', name: velaAccount, namespace: velaNamespace }];

/** What vela-core may do; `docs` of the product asks operators of real clusters for the same. */
const rights: readonly KubeObject[] = [
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: velaAccount, namespace: velaNamespace },
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'kubenova-vela-core' },
    rules: [
      { apiGroups: ['core.oam.dev', 'cue.oam.dev'], resources: ['*'], verbs: everyVerb },
      {
        apiGroups: [''],
        resources: ['serviceaccounts'],
        resourceNames: ['kubenova-deployer'],
        verbs: ['impersonate'],
      },
      { apiGroups: [''], resources: ['namespaces'], verbs: reading },
      { apiGroups: [''], resources: ['configmaps', 'events'], verbs: everyVerb },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: everyVerb },
      { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: everyVerb },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: everyVerb },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kubenova-vela-core' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'kubenova-vela-core',
    },
    subjects,
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'kubenova-vela-core', namespace: velaNamespace },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: reading }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'kubenova-vela-core', namespace: velaNamespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'kubenova-vela-core' },
    subjects,
  },
];
