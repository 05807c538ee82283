/**
 * How a reconciler saves what it saw. The status is written together with the notification that whoever waits on the
 * record listens for, and only if the record is still the one that was looked at: when a user has changed it meanwhile,
 * that write has put the key back into the queue and the next run will see it.
 */

/** The channel of `NOTIFY`; its payload is the reconcile key of what changed. */
export const CHANGES_CHANNEL = 'kubenova_changes';
