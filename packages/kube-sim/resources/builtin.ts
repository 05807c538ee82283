/** The kinds that Kubernetes itself serves, from facts that were read off a real API server (`generated/`). */
import type { ResourceType } from './resource-type.ts';

export function builtinTypes(): ResourceType[] {
  return [];
}
