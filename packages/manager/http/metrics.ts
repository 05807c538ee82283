/** What Prometheus sees of the Manager. */

import type pg from 'pg';
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Queryable } from '../store/connect.ts';
import { queueDepth } from '../store/queue.ts';

export interface Metrics {
  observe(request: { operation: string; status: number; seconds: number }): void;
  /** The text exposition format 0.0.4. */
  text(): Promise<string>;
}

export function createMetrics(registry: Registry, sources: { db: Queryable; pool: pg.Pool }): Metrics {
  const duration = new Histogram({
    name: 'kubenova_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers: [registry],
  });
  const queue = { depth: 0, oldestSeconds: 0 };
  gauge(registry, 'kubenova_queue_depth', 'Keys that are due and wait to be reconciled.', () => queue.depth);
  gauge(registry, 'kubenova_queue_oldest_seconds', 'How long the first of them has waited.', () => queue.oldestSeconds);
  gauge(registry, 'kubenova_pg_pool_connections', 'Open connections to Postgres.', () => sources.pool.totalCount);
  gauge(registry, 'kubenova_pg_pool_idle', 'Open connections that are idle.', () => sources.pool.idleCount);
  gauge(registry, 'kubenova_pg_pool_waiting', 'Queries that wait for a connection.', () => sources.pool.waitingCount);
  gauge(registry, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge(registry, 'process_cpu_seconds_total', 'Processor time used.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  return {
    observe: ({ operation, status, seconds }) => duration.observe({ operation, status: String(status) }, seconds),
    async text() {
      // With the database away the other figures are what one wants to see.
      await queueDepth(sources.db).then(
        (now) => Object.assign(queue, now),
        () => undefined,
      );
      return registry.metrics();
    },
  };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
