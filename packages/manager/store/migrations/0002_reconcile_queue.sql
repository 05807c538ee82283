-- The durable, keyed reconcile queue: one row a key, so that duplicates fold by construction (reconcile/queue.ts).
-- A row whose due_at is 'infinity' is idle: the key is known and nothing is asked of it.

CREATE TABLE reconcile_queue (
  key text PRIMARY KEY,
  -- What shares a concurrency limit: the id of the cluster, or the key itself for a cluster's own probe.
  lane text NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now(),
  -- 0 a user's write, 1 a hint of a watch, 2 a recheck or the full scan.
  priority smallint NOT NULL DEFAULT 2,
  -- Raised by every enqueue; a run that ends finds out by it whether something was asked while it ran.
  version bigint NOT NULL DEFAULT 1,
  -- Raised by users' writes only; they end the delay after failures, hints do not.
  writes bigint NOT NULL DEFAULT 0,
  -- Until when hints may not bring the key forward, because it failed.
  held_until timestamptz,
  locked_by uuid,
  locked_until timestamptz,
  CHECK ((locked_by IS NULL) = (locked_until IS NULL))
);
CREATE INDEX reconcile_queue_due ON reconcile_queue (lane, priority, due_at) WHERE locked_by IS NULL AND due_at < 'infinity';
CREATE INDEX reconcile_queue_locks ON reconcile_queue (locked_until) WHERE locked_by IS NOT NULL;
