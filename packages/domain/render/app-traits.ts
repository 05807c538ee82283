import type { AppSpec } from '../app-spec.ts';
import type { VelaComponent, VelaTrait } from './component.ts';
import { containerPorts } from './container-image.ts';

/** The components with the traits that the App itself lists; only `containerImage` has a component to put them on. */
export function traitComponents(components: VelaComponent[], spec: AppSpec): VelaComponent[] {
  const { source } = spec;
  if (source.kind !== 'containerImage' || spec.traits.length === 0) return components;
  const exposes = containerPorts(source.containerImage).some((port) => port.expose);
  return components.map((component) => ({
    ...component,
    traits: [...component.traits, ...spec.traits.map((trait) => completed(trait, component.name, exposes))],
  }));
}

/** A `gateway` would make a second Service of the component's name beside the one that exposed ports make. */
function completed(trait: AppSpec['traits'][number], component: string, exposes: boolean): VelaTrait {
  const properties = trait.properties ?? {};
  if (trait.type !== 'gateway' || !exposes) return { type: trait.type, properties };
  return { type: trait.type, properties: { ...properties, existingServiceName: component } };
}
