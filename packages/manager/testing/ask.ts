/** Asking whether one may, without doing it. */
import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import type { Answer, TestManager } from './manager.ts';
import { NOWHERE, type Place } from './two-tenants.ts';

/** What no tenant has; a path that names it names no place. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  revision: '1',
  account: 'nobody',
  plan: 'baseline',
  roleBinding: NOWHERE,
  token: NOWHERE,
};

/** The path of an operation on the objects of a place. */
export function pathOf(id: OperationId, place: Partial<Place>): string {
  const values: Record<string, string> = { ...ELSEWHERE, key: `app:${place.appId}`, ...place };
  return operations[id].path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

/** Whether the path of an operation says where it is to be done. */
export function hasPlace(id: OperationId): boolean {
  return /\{(cluster|tenant|appId|key)\}/.test(operations[id].path);
}

/** Asks so that nothing changes: with a body that no schema takes, for a version that no object has. What is let in fails there. */
export function askNothing(manager: TestManager, id: OperationId, path: string, token: string): Promise<Answer> {
  const { method, body } = operations[id];
  return manager.call(method, path, {
    token,
    ...(body === null ? {} : { body: { 'not-a-field': true } }),
    headers: { 'if-match': '"no-version"' },
  });
}
