/** Judges the live objects of a component, as `status.services[]` reports it. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ComponentSpec, ServiceStatus, TraitStatus } from '../model/application.ts';
import type { Placement } from '../model/policies.ts';
import { label } from '../model/vocabulary.ts';
import { type RenderedComponent, renderComponent } from '../render/component.ts';
import type { Health } from '../render/definition.ts';
import { componentTypes, traitTypes } from '../render/registry.ts';
import type { Run } from './run.ts';

export function renderedOf(run: Run, component: ComponentSpec, placement?: Placement): RenderedComponent {
  const revision = {
    name: run.revision?.metadata.name ?? '',
    hash: run.revision?.metadata.labels?.[label.appRevisionHash] ?? '',
  };
  return renderComponent(run.app, component, revision, placement);
}

/** @throws OutputError when an object cannot be read */
export async function judge(
  run: Run,
  component: ComponentSpec,
  rendered: RenderedComponent,
  placement?: Placement,
): Promise<ServiceStatus> {
  const type = componentTypes[component.type];
  const { name: appName, namespace } = run.app.metadata;
  const context = { appName, namespace, name: component.name };
  const own = type?.health ? await judgeWorkload(run, rendered.workload, type.health) : { healthy: true };
  const traits: TraitStatus[] = [];
  for (const { type: traitName, properties = {} } of component.traits ?? []) {
    const health = traitTypes[traitName]?.health;
    const outputs = health ? await live(run, rendered.others, traitName) : [];
    traits.push({ type: traitName, ...(health?.(outputs, properties, context) ?? { healthy: true }) });
  }
  const service: ServiceStatus = {
    name: component.name,
    namespace: placement?.namespace || namespace,
    ...(placement?.cluster && { cluster: placement.cluster }),
    workloadDefinition: type?.workloadDefinition ?? { apiVersion: '', kind: '' },
    healthy: own.healthy,
  };
  const message = own.message ?? traits.find((trait) => trait.message)?.message;
  if (message !== undefined) service.message = message;
  if (traits.length > 0) service.traits = traits;
  return service;
}

export function isHealthy(service: ServiceStatus): boolean {
  return service.healthy && (service.traits ?? []).every((trait) => trait.healthy);
}

async function judgeWorkload(
  run: Run,
  manifest: KubeObject,
  health: (workload: KubeObject) => Health,
): Promise<Health> {
  const found = await find(run, manifest);
  return found ? health(found) : { healthy: false };
}

async function live(run: Run, manifests: readonly KubeObject[], trait: string): Promise<KubeObject[]> {
  const own = manifests.filter((manifest) => manifest.metadata.labels?.[label.traitType] === trait);
  const found = await Promise.all(own.map((manifest) => find(run, manifest)));
  return found.filter((object) => object !== undefined);
}

function find(run: Run, manifest: KubeObject): Promise<KubeObject | undefined> {
  const { name, namespace } = manifest.metadata;
  return run.outputs.find({ apiVersion: manifest.apiVersion, kind: manifest.kind, name, namespace });
}
