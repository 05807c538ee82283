import type { ResourceRegistry } from '../resources/resource-type.ts';

export function discoveryAnswer(
  _path: string,
  _accept: string,
  _resources: ResourceRegistry,
): { contentType: string; body: string } | undefined {
  return undefined;
}
