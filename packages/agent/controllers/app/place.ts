/**
 * May anything be done in the App's namespace? Only in one that is there, is no sandbox and bears the App's own id; the
 * Agent's rights end there as well, but a clear word beats a 403.
 */
import type { AppState } from '@kubenova/domain/app-state.ts';
import { APP_ID, SANDBOX } from '@kubenova/domain/labels.ts';
import type { Namespace } from '@kubenova/kube/kinds/core.ts';
import type { Obstacle } from './context.ts';

/** What stands in the way; undefined when nothing does. */
export function placeProblem(state: AppState, namespace: Namespace | undefined): Obstacle | undefined {
  const labels = namespace?.metadata.labels ?? {};
  const name = state.namespace;
  if (namespace === undefined) {
    return waiting('NamespaceMissing', `The namespace ${name} is not there yet; the Manager makes it.`);
  }
  if (labels[SANDBOX] === 'true') {
    return refused('Sandbox', `${name} is a sandbox, into which nothing is ever deployed.`);
  }
  if (labels[APP_ID] !== state.id) {
    return refused('ForeignNamespace', `The namespace ${name} does not belong to this App.`);
  }
  if (namespace.metadata.deletionTimestamp !== undefined) {
    return waiting('NamespaceTerminating', `The namespace ${name} is being deleted; it has to be gone first.`);
  }
  return undefined;
}

function waiting(reason: string, message: string): Obstacle {
  return { kind: 'waiting', reason, message };
}

function refused(reason: string, message: string): Obstacle {
  return { kind: 'refused', reason, message };
}
