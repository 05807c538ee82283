import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { ValidatingWebhookConfiguration } from '@kubenova/kube/kinds/extension.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { installDefinitions } from '@kubenova/testkit/definitions.ts';
import { writeKubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import { isFree } from '@kubenova/testkit/ports.ts';
import type { RunningProgram } from '@kubenova/testkit/process/supervisor.ts';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { StackContext } from './context.ts';

/** Namespace of Capsule and of capsule-proxy. */
export const capsuleNamespace = 'capsule-system';

/** Everyone whom Capsule regards as a tenant's person carries this group. */
export const usersGroup = 'kubenova-users';

/**
 * Who may put namespaces into tenants. A ServiceAccount is named as the API server names its user
 * (`CapsuleConfiguration.spec.administrators`, Capsule 0.14: kinds User, Group, ServiceAccount).
 */
export const administrators = [
  { kind: 'Group', name: 'kubenova-system-administrators' },
  { kind: 'ServiceAccount', name: 'system:serviceaccount:kubenova-system:kubenova-manager' },
  { kind: 'ServiceAccount', name: 'system:serviceaccount:kubenova-system:kubenova-agent' },
];

/** Kinds of the chart that would run containers, of which this cluster has none. */
const leftOut = ['Deployment', 'DaemonSet', 'Job'];

/**
 * Renders Capsule's chart; needs no cluster, so it can be done while one starts.
 *
 * @throws Error with what helm said
 */
export async function renderCapsule(context: StackContext): Promise<readonly KubeObject[]> {
  const folder = path.join(context.dataDir, 'capsule');
  const chart = path.join(folder, 'chart');
  rmSync(chart, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(context.binaries.capsuleChart, chart, { recursive: true });
  const metadata: Record<string, unknown> = parse(readFileSync(path.join(chart, 'Chart.yaml'), 'utf8'));
  // Its one dependency, capsule-proxy's chart, lies in a registry and is not used here.
  delete metadata.dependencies;
  writeFileSync(path.join(chart, 'Chart.yaml'), stringify(metadata));
  rmSync(path.join(chart, 'Chart.lock'), { force: true });
  const values = path.join(folder, 'values.yaml');
  writeFileSync(values, stringify(chartValues(context)));
  const { stdout } = await promisify(execFile)(
    context.binaries.helm,
    ['template', 'capsule', chart, '--namespace', capsuleNamespace, '--values', values],
    {
      maxBuffer: 64 * 1024 * 1024,
      env: { PATH: process.env.PATH ?? '', HOME: folder },
    },
  );
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
    .filter(({ kind }) => !leftOut.includes(kind));
}

function chartValues(context: StackContext) {
  return {
    // The definitions are applied as they are, and the hooks' Jobs would need containers.
    crds: { install: false },
    global: { jobs: { postInstall: { enabled: false }, preDelete: { enabled: false } } },
    certManager: { generateCertificates: false },
    tls: { enableController: false, create: false },
    manager: {
      options: {
        users: [{ kind: 'Group', name: usersGroup }],
        administrators,
        forceTenantPrefix: false,
      },
    },
    webhooks: {
      service: {
        url: `https://127.0.0.1:${context.ports.capsuleWebhook}`,
        caBundle: Buffer.from(context.pki.caPem).toString('base64'),
      },
    },
  };
}

/**
 * Installs what the chart holds, starts Capsule, and resolves when its webhooks stand before the
 * namespaces.
 */
export async function startCapsule(context: StackContext, rendered: readonly KubeObject[]): Promise<void> {
  const { apply } = context;
  await Promise.all([
    apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: capsuleNamespace } }]),
    installDefinitions(context, definitions(context)),
  ]);
  const isWebhook = ({ kind }: KubeObject) => kind.endsWith('WebhookConfiguration');
  await apply(rendered.filter((object) => !isWebhook(object)));
  const capsule = await context.supervisor.start({
    name: 'capsule',
    command: context.binaries.capsule,
    arguments: [
      '--configuration-name=default',
      `--webhook-port=${context.ports.capsuleWebhook}`,
      `--webhook-cert-path=${await webhookCertificateFolder(context)}`,
      `--metrics-addr=127.0.0.1:${context.ports.capsuleMetrics}`,
      '--client-connection-qps=200',
      '--client-connection-burst=400',
    ],
    environment: {
      NAMESPACE: capsuleNamespace,
      SERVICE_ACCOUNT: 'capsule',
      KUBECONFIG: await serviceAccountKubeconfig(context),
    },
  });
  // Before Capsule listens, a webhook would only refuse what others write at the same time.
  await waitFor({
    what: `Capsule of ${context.name} to listen`,
    timeoutMs: 120_000,
    giveUp: () => capsule.assertAlive(),
    look: async () => !(await isFree(context.ports.capsuleWebhook)) || undefined,
  });
  await apply(rendered.filter(isWebhook));
  await webhooksAnswer(context, capsule);
}

function definitions(context: StackContext): readonly KubeObject[] {
  const folder = path.join(context.binaries.capsuleChart, 'crds');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(readFileSync(path.join(folder, file), 'utf8')) as KubeObject);
}

/** Capsule looks for `tls.crt` and `tls.key` in a folder of its own. */
async function webhookCertificateFolder(context: StackContext): Promise<string> {
  const folder = path.join(context.dataDir, 'capsule', 'webhook');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { cert, key } = await context.pki.server('capsule-webhook');
  writeFileSync(path.join(folder, 'tls.crt'), cert);
  writeFileSync(path.join(folder, 'tls.key'), key, { mode: 0o600 });
  return folder;
}

/** Capsule speaks as its own ServiceAccount, so that it has the rights of its chart and no others. */
export async function serviceAccountKubeconfig(context: StackContext): Promise<string> {
  const file = path.join(context.dataDir, 'kubeconfigs', 'capsule.json');
  const credential = await context.pki.serviceAccountClient('client-capsule', capsuleNamespace, 'capsule');
  writeKubeconfig(file, context.name, context.connectionOf(credential));
  return file;
}

/**
 * A dry run that puts a namespace into a tenant that does not exist is refused by Capsule, and by
 * nobody else. Some of the webhooks are written by Capsule itself.
 */
export async function webhooksAnswer({ name, client }: StackContext, capsule: RunningProgram): Promise<void> {
  const probe = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'kubenova-probe', labels: { 'capsule.clastix.io/tenant': 'kubenova-probe' } },
  };
  await waitFor({
    what: `Capsule's webhooks on ${name} to answer`,
    timeoutMs: 120_000,
    everyMs: 100,
    giveUp: () => capsule.assertAlive(),
    look: async () => {
      try {
        await client.create(Namespace, probe, { dryRun: true });
      } catch (error) {
        if (!(isKubeError(error) && error.message.includes('projectcapsule.dev" denied'))) throw error;
        return client.find(ValidatingWebhookConfiguration, { name: 'capsule-dynamic-webhook' });
      }
      throw new Error('A namespace of an unknown tenant was let through.');
    },
  });
}
