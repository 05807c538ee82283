/** Finds the definitions that an Application uses: in its own namespace first, then in vela-system. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import type { Application } from '../model/application.ts';
import { definedPolicies, policyProblem } from '../model/policies.ts';
import type { Definitions } from '../model/revision.ts';
import { definedStepTypes } from '../model/steps.ts';
import { VELA_NAMESPACE } from '../model/vocabulary.ts';
import { ComponentDefinition, PolicyDefinition, TraitDefinition, WorkflowStepDefinition } from './kinds.ts';

export async function findDefinitions(
  client: KubeClient,
  app: Application,
): Promise<Definitions | { problem: string }> {
  async function find(resource: Resource, name: string): Promise<KubeObject | undefined> {
    for (const namespace of new Set([app.metadata.namespace, VELA_NAMESPACE])) {
      const found = await client.find(resource, { name, namespace });
      if (found) return withoutServerFields(found);
    }
    return undefined;
  }
  const definitions: Definitions = { components: {}, traits: {}, steps: {} };
  for (const component of app.spec.components) {
    const definition = definitions.components[component.type] ?? (await find(ComponentDefinition, component.type));
    if (!definition) {
      return {
        problem:
          `failed to parseComponents: fetch component/policy type of ${component.name}: load template from component ` +
          `definition [${component.type}] : WorkloadDefinition.core.oam.dev "${component.type}" not found`,
      };
    }
    definitions.components[component.type] = definition;
    for (const trait of component.traits ?? []) {
      const traitDefinition = definitions.traits[trait.type] ?? (await find(TraitDefinition, trait.type));
      if (!traitDefinition) {
        return {
          problem:
            `failed to parseComponents: component(${component.name}) parse trait(${trait.type}): ` +
            `trait definition of ${trait.type} not found`,
        };
      }
      definitions.traits[trait.type] = traitDefinition;
    }
  }
  for (const type of definedStepTypes(app)) {
    const definition = await find(WorkflowStepDefinition, type);
    if (!definition) {
      return {
        problem:
          `failed to parseWorkflowSteps: failed to get workflow step definition ${type}: ` +
          `WorkflowStepDefinition.core.oam.dev "${type}" not found`,
      };
    }
    definitions.steps[type] = definition;
  }
  const problem = policyProblem(app);
  if (problem !== undefined) return { problem: `failed to parsePolicies: ${problem}` };
  for (const { name, type } of definedPolicies(app)) {
    if (await find(PolicyDefinition, type)) continue;
    return {
      problem:
        `failed to parsePolicies: fetch component/policy type of ${name}: load template from policy definition ` +
        `[${type}] : PolicyDefinition.core.oam.dev "${type}" not found`,
    };
  }
  return definitions;
}

function withoutServerFields(object: KubeObject): KubeObject {
  const { name, namespace, annotations, labels } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, namespace, annotations, labels },
    spec: object.spec,
  };
}
