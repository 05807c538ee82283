import type { ResourceRegistry } from '../resources/resource-type.ts';

export function openApiAnswer(
  _path: string,
  _resources: ResourceRegistry,
): { contentType: string; body: string } | undefined {
  return undefined;
}
