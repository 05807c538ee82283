/** `env`: environment variables of containers, added, replaced or taken away. */
import type { Properties } from '../model/application.ts';
import type { TraitType } from '../render/definition.ts';
import { RenderError } from '../render/definition.ts';
import { flag, record, records, text, texts } from '../render/properties.ts';
import { withContainers } from './pod-template.ts';

export const env: TraitType = {
  patch(workload, properties, context) {
    const several = records(properties, 'containers');
    const wanted = several ?? [{ ...properties, containerName: text(properties, 'containerName') || context.name }];
    return withContainers(workload, (containers) => {
      for (const { containerName } of wanted) {
        if (containerName === undefined || containerName === '') {
          throw new RenderError('containerName must be set for containers');
        }
        if (!containers.some(({ name }) => name === containerName)) {
          throw new RenderError(`container ${String(containerName)} not found`);
        }
      }
      return containers.map((container) => {
        const parameters = wanted.find(({ containerName }) => containerName === container.name);
        return parameters ? { ...container, env: variables(container, parameters) } : container;
      });
    });
  },
};

function variables(container: Properties, parameters: Properties): Properties[] {
  const given = record(parameters, 'env') ?? {};
  const unset = texts(parameters, 'unset') ?? [];
  const before = flag(parameters, 'replace') ? [] : (records(container, 'env') ?? []);
  const kept = before
    .filter(({ name }) => !unset.includes(String(name)))
    .map((variable) => {
      const value = given[String(variable.name)];
      return value === undefined ? variable : { name: variable.name, value };
    });
  const added = Object.entries(given)
    .filter(([name]) => !unset.includes(name) && !before.some((variable) => variable.name === name))
    .map(([name, value]) => ({ name, value }));
  return [...kept, ...added];
}
