/**
 * Reconcile keys: what a worker takes is the name of a record, never an event, so that a run always looks at the
 * whole of it as it is now.
 */

export type ReconcileKind = 'cluster' | 'placement' | 'app' | 'sandbox' | 'usage';

/** `<kind>:<uuid of the record>`; the record of `usage` is a cluster. */
export type ReconcileKey = `${ReconcileKind}:${string}`;

const PATTERN = /^(cluster|placement|app|sandbox|usage):([0-9a-f-]{36})$/;

/** The kind and the record id of a key; `undefined` when the text is not a key. */
export function parseReconcileKey(text: string): { kind: ReconcileKind; id: string } | undefined {
  const match = PATTERN.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { kind: match[1] as ReconcileKind, id: match[2] };
}
