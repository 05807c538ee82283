/**
 * From an App's source to the objects that it stands for: the one place where the kinds of source part.
 *
 * What is needed only here (HTTP client, archive reader, YAML, semantic versions) is imported when the first chart is
 * resolved, so that an Agent without charts stays small.
 */

import type { Resolved } from '@kubenova/domain/app-report.ts';
import type { AppState } from '@kubenova/domain/app-state.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { AddressPolicy } from './address-policy.ts';
import { cachedCapabilities } from './cluster-capabilities.ts';
import { readCredentials } from './credentials.ts';
import { ResolveError } from './error.ts';
import type { ChartEnvironment } from './helm-http.ts';
import { createRenderedCache, renderedKey } from './rendered-cache.ts';

export interface ResolvedSource {
  readonly pin: Resolved;
  readonly objects: Manifest[];
}

export interface SourceResolver {
  /**
   * Resolves an App's source; undefined when it needs no resolving.
   *
   * @param pin what this revision was resolved to before
   * @throws ResolveError; KubeError when the cluster cannot be asked
   */
  resolve(state: AppState, pin: Resolved | undefined, signal: AbortSignal): Promise<ResolvedSource | undefined>;
  /** Forgets what was kept for an App that is gone. */
  forget(appId: string): Promise<void>;
  close(): Promise<void>;
}

export interface ResolverOptions {
  readonly client: KubeClient;
  readonly cacheFolder: string;
  readonly helm: string | undefined;
  readonly addressPolicy: AddressPolicy;
  readonly now: () => number;
}

/** Charts that are rendered at the same time; each helm may take a core and hundreds of megabytes. */
const MAX_RENDERING = 2;

export function createSourceResolver(options: ResolverOptions): SourceResolver {
  const capabilities = cachedCapabilities(options.client, options.now);
  const rendered = createRenderedCache(`${options.cacheFolder}/rendered`);
  const slot = limiter(MAX_RENDERING);
  let charts:
    | Promise<{ environment: ChartEnvironment; resolveHelmHttp: typeof import('./helm-http.ts').resolveHelmHttp }>
    | undefined;
  const loadCharts = () => {
    charts ??= Promise.all([import('./helm-http.ts'), import('./download.ts'), import('./chart-cache.ts')]).then(
      ([{ resolveHelmHttp }, { createDownloader }, { createChartCache }]) => ({
        resolveHelmHttp,
        environment: {
          downloader: createDownloader(options.addressPolicy),
          cache: createChartCache(`${options.cacheFolder}/charts`),
          helm: options.helm ?? '',
          capabilities: () => capabilities.get(),
        },
      }),
    );
    return charts;
  };

  return {
    async resolve(state, pin, signal) {
      const { source } = state.spec;
      switch (source.kind) {
        case 'containerImage':
        case 'kubeManifest':
          return undefined;
        case 'helmHttp': {
          const { helmHttp } = source;
          const keyOf = (digest: string) => renderedKey([digest, helmHttp.values ?? {}, state.name, state.namespace]);
          const kept = pin && (await rendered.get(state.id, keyOf(pin.digest)));
          if (pin && kept) return { pin, objects: kept };
          return await slot(async () => {
            const authorization = await readCredentials(options.client, state, helmHttp.credentialsSecretRef, signal);
            const { resolveHelmHttp, environment } = await loadCharts();
            const request = {
              source: helmHttp,
              releaseName: state.name,
              namespace: state.namespace,
              pin,
              authorization,
              signal,
            };
            const { version, digest, objects } = await resolveHelmHttp(request, environment);
            const same = await rendered.get(state.id, keyOf(digest));
            if (same) return { pin: { version, digest }, objects: same };
            await rendered.put(state.id, keyOf(digest), objects);
            return { pin: { version, digest }, objects };
          });
        }
        default:
          throw new ResolveError(
            'SourceNotSupported',
            `Sources of the kind ${source.kind} cannot be deployed yet; use containerImage, helmHttp or kubeManifest.`,
          );
      }
    },
    forget: (appId) => rendered.remove(appId),
    async close() {
      const loaded = await charts?.catch(() => undefined);
      await loaded?.environment.downloader.close();
    },
  };
}

/** At most `limit` at once; the others wait their turn. */
function limiter(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= limit) await new Promise<void>((go) => waiting.push(go));
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
