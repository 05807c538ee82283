/**
 * An App as a KubeVela Application. Pure: the same state and the same resolved objects give the same bytes, which golden
 * files hold for every kind of source and every option.
 *
 * Two annotations carry the weight. `app.oam.dev/service-account-name` makes KubeVela act as the App's own account.
 * `app.oam.dev/publishVersion` is what KubeVela looks at to decide whether there is something to roll out: a changed spec
 * under an unchanged version is ignored, so the version holds a hash of everything that is rendered.
 */
import type { ProblemError } from '@kubenova/knapi/schemas.ts';
import type { Resolved } from '../app-report.ts';
import type { AppState } from '../app-state.ts';
import { contentHash } from '../canonical-json.ts';
import { type GuardResult, guardObjects } from '../guard.ts';
import { VELA_PUBLISH_VERSION, VELA_SERVICE_ACCOUNT, velaLabels } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { DEPLOYER } from '../names.ts';
import { specProblems } from '../source-problems.ts';
import { traitComponents } from './app-traits.ts';
import { componentName, type VelaComponent } from './component.ts';
import { containerComponent } from './container-image.ts';
import { kubeManifestObjects } from './kube-manifest.ts';
import { MAX_APPLICATION_BYTES, objectComponents } from './objects.ts';

/** What a chart or a repository was resolved to: the objects, and what they were pinned to. */
export interface ResolvedObjects {
  objects: readonly unknown[];
  resolved: Resolved;
}

/** An Application, or everything that stands in its way. */
export type RenderResult =
  | {
      ok: true;
      application: Manifest;
      /** The value of the annotation `app.oam.dev/publishVersion`. */
      publishVersion: string;
      /** SHA-256 in hex over what is deployed, without revision and publishVersion. */
      manifestHash: string;
      /** What was left out without a problem: charts' test hooks. */
      dropped: string[];
    }
  | { ok: false; problems: ProblemError[] };

/** Where KubeVela serves Applications. */
export const APPLICATION_API_VERSION = 'core.oam.dev/v1beta1';

/**
 * Renders an App. `resolved` is needed for the kinds that the Agent has to fetch first; without it they end in a problem
 * at `/source/kind`.
 */
export function renderApplication(state: AppState, resolved?: ResolvedObjects): RenderResult {
  const problems = specProblems(state.spec, { namespace: state.namespace });
  if (problems.length > 0) return { ok: false, problems };
  const rendered = renderComponents(state, resolved);
  if (!rendered.ok) return rendered;
  const components = traitComponents(rendered.components, state.spec);
  const bytes = Buffer.byteLength(JSON.stringify(components));
  if (bytes > MAX_APPLICATION_BYTES) {
    const detail = `The objects have ${bytes} bytes together; an App may have ${MAX_APPLICATION_BYTES}. Split it into several Apps.`;
    return { ok: false, problems: [{ pointer: '/source', detail }] };
  }
  const labels = { ...state.spec.labels, ...velaLabels(state, state.spec.source.kind) };
  const manifestHash = contentHash({ labels, components });
  const publishVersion = `r${state.revision}-${manifestHash.slice(0, 8)}`;
  const application: Manifest = {
    apiVersion: APPLICATION_API_VERSION,
    kind: 'Application',
    metadata: {
      name: state.name,
      namespace: state.namespace,
      labels,
      annotations: { [VELA_SERVICE_ACCOUNT]: DEPLOYER, [VELA_PUBLISH_VERSION]: publishVersion },
    },
    spec: { components: components.map(componentManifest) },
  };
  return { ok: true, application, publishVersion, manifestHash, dropped: rendered.dropped };
}

type Components =
  | { ok: true; components: VelaComponent[]; dropped: string[] }
  | { ok: false; problems: ProblemError[] };

function renderComponents(state: AppState, resolved: ResolvedObjects | undefined): Components {
  const { source } = state.spec;
  switch (source.kind) {
    case 'containerImage':
      return {
        ok: true,
        components: [containerComponent(componentName(state.name), source.containerImage)],
        dropped: [],
      };
    case 'kubeManifest':
      return fromGuard(state, kubeManifestObjects(source.kubeManifest, state.namespace));
    case 'helmHttp':
      if (resolved === undefined) return refused('/source/kind', 'A chart is rendered by the Agent, on the cluster.');
      return fromGuard(
        state,
        guardObjects(resolved.objects, { namespace: state.namespace, pointer: () => '/source/helmHttp' }),
      );
    default:
      return refused('/source/kind', `Sources of kind ${source.kind} cannot be deployed yet.`);
  }
}

function fromGuard(state: AppState, guarded: GuardResult): Components {
  if (guarded.problems.length > 0) return { ok: false, problems: guarded.problems };
  return { ok: true, components: objectComponents(state.name, guarded.objects), dropped: guarded.dropped };
}

function refused(pointer: string, detail: string): { ok: false; problems: ProblemError[] } {
  return { ok: false, problems: [{ pointer, detail }] };
}

function componentManifest(component: VelaComponent): Record<string, unknown> {
  const { name, type, properties, traits } = component;
  return traits.length === 0 ? { name, type, properties } : { name, type, properties, traits };
}
