/**
 * `helm template`: a chart archive and values in, Kubernetes objects out.
 *
 * Rendering runs a stranger's templates, so helm gets nothing but files in a folder of its own: empty HOME, no
 * kubeconfig, no plugins, no post-renderer, no cluster (`lookup` answers empty, as it does in every `helm template`).
 * What a chart may hold is checked before (chart-archive.ts), what comes out after (the domain's guard).
 *
 * Decisions on what `helm template` leaves open:
 * - Hooks are printed like other objects; the guard drops test hooks and refuses the rest, since nothing would run them
 *   at their time.
 * - `crds/` is printed too (`--include-crds`), and each CustomResourceDefinition that the cluster serves already is
 *   left out, as `helm install` does; the guard refuses the others, so that an App does not come up without its types.
 * - The values are always validated against the chart's schema.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import type { ClusterCapabilities } from './cluster-capabilities.ts';
import { excerpt, ResolveError } from './error.ts';
import { parseManifests } from './manifests.ts';
import { type Limits, runLimited } from './subprocess.ts';

export interface TemplateInput {
  /** Path of the helm program. */
  readonly helm: string;
  /** The chart's archive, already checked. */
  readonly archive: string;
  /** «The chart podinfo 6.9.2», for messages. */
  readonly what: string;
  readonly releaseName: string;
  readonly namespace: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly cluster: ClusterCapabilities;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

export const TEMPLATE_LIMITS: Limits = {
  timeoutMs: 30_000,
  stdoutBytes: 16 * 1024 * 1024,
  stderrBytes: 64 * 1024,
  memoryBytes: 2 * 1024 * 1024 * 1024,
  cpuSeconds: 30,
  fileBytes: 64 * 1024 * 1024,
};

/**
 * Renders a chart.
 *
 * @throws ResolveError HelmMissing, ValuesInvalid, TemplateFailed, TimedOut, TooLarge, OutputInvalid
 */
export async function helmTemplate(input: TemplateInput): Promise<Manifest[]> {
  const limits = { ...TEMPLATE_LIMITS, ...input.limits };
  const folder = await mkdtemp(path.join(tmpdir(), 'kubenova-helm-'));
  try {
    await mkdir(path.join(folder, 'plugins'));
    const valuesFile = path.join(folder, 'values.json');
    await writeFile(valuesFile, JSON.stringify(input.values), { mode: 0o600 });
    const outcome = await runLimited(input.helm, templateArguments(input, valuesFile), {
      cwd: folder,
      environment: confinedEnvironment(folder),
      limits,
      signal: input.signal,
    });
    switch (outcome.kind) {
      case 'ended':
        if (outcome.code !== 0) throw templateError(outcome.stderr, input, folder);
        return withoutServedCrds(parseManifests(outcome.stdout.toString('utf8'), input.what), input.cluster);
      case 'timed-out':
        throw new ResolveError('TimedOut', `${input.what} was not rendered within ${limits.timeoutMs / 1_000} s.`, {
          retry: 'later',
        });
      case 'too-much-output':
        throw new ResolveError(
          'TooLarge',
          `${input.what} renders more than ${limits.stdoutBytes / 1024 / 1024} MiB of objects.`,
        );
      case 'killed':
        throw new ResolveError(
          'TemplateFailed',
          `${input.what} could not be rendered within the Agent's limits of memory and processor time (${outcome.signal}).`,
        );
      case 'not-started':
        throw new ResolveError(
          'HelmMissing',
          'The Agent has no helm program that it can run; set KUBENOVA_HELM to the path of helm 3.',
        );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function templateArguments(input: TemplateInput, valuesFile: string): string[] {
  return [
    'template',
    input.releaseName,
    input.archive,
    '--namespace',
    input.namespace,
    '--values',
    valuesFile,
    '--kube-version',
    input.cluster.kubernetesVersion,
    '--api-versions',
    input.cluster.apiVersions.join(','),
    '--include-crds',
  ];
}

function confinedEnvironment(folder: string): Record<string, string> {
  return {
    HOME: folder,
    TMPDIR: folder,
    PATH: '/nonexistent',
    LC_ALL: 'C',
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    XDG_DATA_HOME: path.join(folder, 'data'),
    HELM_CACHE_HOME: path.join(folder, 'cache'),
    HELM_CONFIG_HOME: path.join(folder, 'config'),
    HELM_DATA_HOME: path.join(folder, 'data'),
    HELM_PLUGINS: path.join(folder, 'plugins'),
    HELM_REGISTRY_CONFIG: path.join(folder, 'registry.json'),
    HELM_REPOSITORY_CONFIG: path.join(folder, 'repositories.yaml'),
    KUBECONFIG: path.join(folder, 'no-kubeconfig'),
    // A schema that reaches out is refused before; should one get by, it finds a closed door.
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '',
    GOMEMLIMIT: '512MiB',
    GOMAXPROCS: '2',
  };
}

/** What helm says, without the paths of this machine. */
function templateError(stderr: string, input: TemplateInput, folder: string): ResolveError {
  const said = excerpt(
    stderr
      .split('\n')
      .filter((line) => !/^WARNING:|^Use --debug flag/.test(line) && line.trim() !== '')
      .join('\n')
      .replaceAll(folder, '')
      .replaceAll(input.archive, 'the chart')
      .replaceAll(path.dirname(input.archive), '')
      .replace(/^Error: /, ''),
  );
  if (said.includes("values don't meet the specifications of the schema")) {
    return new ResolveError('ValuesInvalid', `The values are not what ${input.what} takes: ${said}`);
  }
  if (said.includes('incompatible with Kubernetes')) {
    return new ResolveError('TemplateFailed', `${input.what} does not run on this cluster's Kubernetes: ${said}`);
  }
  if (said.includes('missing in charts/ directory')) {
    return new ResolveError(
      'TemplateFailed',
      `${input.what} was packaged without its dependencies, and the Agent fetches none; package it after "helm dependency update": ${said}`,
      { retry: 'never' },
    );
  }
  if (/execution error at/.test(said)) {
    return new ResolveError('ValuesInvalid', `${input.what} refuses these values: ${said}`);
  }
  return new ResolveError(
    'TemplateFailed',
    `${input.what} cannot be rendered: ${said === '' ? 'helm gives no reason' : said}`,
  );
}

function withoutServedCrds(objects: Manifest[], cluster: ClusterCapabilities): Manifest[] {
  const served = new Set(cluster.apiVersions);
  return objects.filter((object) => {
    if (object.kind !== 'CustomResourceDefinition' || !object.apiVersion.startsWith('apiextensions.k8s.io/'))
      return true;
    const spec = object.spec as
      | { group?: unknown; names?: { kind?: unknown }; versions?: { name?: unknown; served?: unknown }[] }
      | undefined;
    const versions = Array.isArray(spec?.versions) ? spec.versions.filter(({ served }) => served !== false) : [];
    return (
      versions.length === 0 || !versions.every(({ name }) => served.has(`${spec?.group}/${name}/${spec?.names?.kind}`))
    );
  });
}
