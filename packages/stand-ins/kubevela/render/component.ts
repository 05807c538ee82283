/**
 * One component → the objects to apply: the definition's output, patched by the traits, then the auxiliary objects of
 * the component and of each trait; all with the labels and annotations by which KubeVela marks what it made.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Application, ComponentSpec } from '../model/application.ts';
import { contentHash } from '../model/hash.ts';
import type { Placement } from '../model/policies.ts';
import { annotation, label } from '../model/vocabulary.ts';
import { type Draft, type RenderContext, RenderError } from './definition.ts';
import { componentTypes, traitTypes } from './registry.ts';

export interface RevisionRef {
  name: string;
  hash: string;
}

export interface RenderedComponent {
  workload: KubeObject;
  others: KubeObject[];
}

const AUXILIARY = 'AuxiliaryWorkload';

/**
 * @throws RenderError when the properties do not fit, or a type is not built in. That a definition exists in the
 * cluster is checked before, by whoever calls. The objects carry no render hash yet: see `withRenderHash`.
 */
export function renderComponent(
  app: Application,
  component: ComponentSpec,
  revision: RevisionRef,
  placement: Placement = { cluster: '', namespace: '' },
): RenderedComponent {
  const context: RenderContext = {
    appName: app.metadata.name,
    namespace: app.metadata.namespace,
    name: component.name,
  };
  const type = componentTypes[component.type];
  if (!type) throw new RenderError(`component type [${component.type}] is not built into this stand-in`);
  const base =
    `evaluate base template app=${context.appName} in namespace=${context.namespace}: ` +
    `invalid cue template of workload ${context.name} after merge parameter and context`;
  const rendered = framed(base, () => type.render(component.properties ?? {}, context));
  let output = rendered.output;
  const others: { draft: Draft; traitType: string; resource: string }[] = [];
  for (const [resource, draft] of Object.entries(rendered.outputs)) {
    others.push({ draft, traitType: AUXILIARY, resource });
  }
  for (const trait of component.traits ?? []) {
    const traitType = traitTypes[trait.type];
    if (!traitType) throw new RenderError(`trait type [${trait.type}] is not built into this stand-in`);
    const properties = trait.properties ?? {};
    framed(`evaluate template trait=${trait.type} app=${context.name}`, () => {
      output = traitType.patch?.(output, properties, context) ?? output;
      for (const [resource, draft] of Object.entries(traitType.outputs?.(properties, context) ?? {})) {
        others.push({ draft, traitType: trait.type, resource });
      }
    });
  }
  const common = { ...commonLabels(app, component, revision), [label.cluster]: placement.cluster };
  const annotations = commonAnnotations(app);
  const where = { own: context.namespace, forced: placement.namespace };
  return {
    workload: finish(output, where, output.metadata?.name ?? component.name, annotations, {
      ...common,
      [label.resourceType]: 'WORKLOAD',
      [label.workloadType]: component.type,
    }),
    others: others.map(({ draft, traitType, resource }) =>
      finish(draft, where, draft.metadata?.name ?? generatedName(component.name, traitType, draft), annotations, {
        ...common,
        [label.resourceType]: 'TRAIT',
        [label.traitType]: traitType,
        [label.traitResource]: resource,
      }),
    ),
  };
}

/** KubeVela's frame around what CUE says. */
function framed<T>(frame: string, render: () => T): T {
  try {
    return render();
  } catch (error) {
    throw error instanceof RenderError ? new RenderError(`${frame}: ${error.message}`) : error;
  }
}

function generatedName(component: string, traitType: string, draft: Draft): string {
  return `${component}-${traitType.toLowerCase()}-${contentHash(draft).slice(0, 10)}`;
}

/** Labels of the Application reach every output, minus those that it asks to hold back. */
function commonLabels(app: Application, component: ComponentSpec, revision: RevisionRef): Record<string, string> {
  const labels: Record<string, string> = {
    ...app.metadata.labels,
    [label.appName]: app.metadata.name,
    [label.appNamespace]: app.metadata.namespace,
    [label.appRevision]: revision.name,
    [label.component]: component.name,
  };
  for (const key of heldBack(app, annotation.filterLabels)) delete labels[key];
  return { ...labels, [label.appRevisionHash]: revision.hash, [label.componentRevision]: '' };
}

/** All annotations of the Application reach every output, its identity and publishVersion included. */
function commonAnnotations(app: Application): Record<string, string> {
  const annotations = { ...app.metadata.annotations };
  const dropped = [
    annotation.inplaceUpgrade,
    annotation.filterLabels,
    annotation.filterAnnotations,
    annotation.kubectlLastApplied,
    ...heldBack(app, annotation.filterAnnotations),
  ];
  for (const key of dropped) delete annotations[key];
  return annotations;
}

function heldBack(app: Application, key: string): string[] {
  const list = app.metadata.annotations?.[key];
  return list === undefined ? [] : list.split(',').map((item) => item.trim());
}

function finish(
  draft: Draft,
  where: { own: string; forced: string },
  name: string,
  annotations: Record<string, string>,
  labels: Record<string, string>,
): KubeObject {
  const isNamespace = draft.apiVersion === 'v1' && draft.kind === 'Namespace';
  const own = { ...draft.metadata?.annotations, ...annotations };
  return {
    ...draft,
    metadata: {
      ...draft.metadata,
      name,
      ...(isNamespace ? {} : { namespace: where.forced || (draft.metadata?.namespace ?? where.own) }),
      labels: { ...draft.metadata?.labels, ...labels },
      ...(Object.keys(own).length > 0 ? { annotations: own } : {}),
    },
  };
}

/** What is sent to the server: the manifest with the hash by which an unchanged one is recognised. */
export function withRenderHash(manifest: KubeObject): KubeObject {
  const labels = { ...manifest.metadata.labels, [label.renderHash]: contentHash(manifest) };
  return { ...manifest, metadata: { ...manifest.metadata, labels } };
}
