/** The Agent's metrics, in a registry of its own so that tests can run several Agents in one process. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface AgentMetrics {
  readonly registry: Registry;
  /** Runs of a reconciler by controller and outcome. */
  readonly reconciles: Counter<'controller' | 'outcome'>;
  readonly reconcileSeconds: Histogram<'controller'>;
  /** Writes to the API server by what was written: `application`, `report`, `tenant`, `status`. */
  readonly writes: Counter<'object'>;
  /** Charts that were rendered, by how it ended (`ok` or the reason). */
  readonly resolves: Counter<'outcome'>;
  readonly apps: Gauge;
  readonly leader: Gauge;
}

export function createMetrics(): AgentMetrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the Agent in bytes.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    registry,
    reconciles: new Counter({
      name: 'kubenova_agent_reconciles_total',
      help: 'Runs of a reconciler.',
      labelNames: ['controller', 'outcome'],
      registers,
    }),
    reconcileSeconds: new Histogram({
      name: 'kubenova_agent_reconcile_seconds',
      help: 'How long a run of a reconciler took.',
      labelNames: ['controller'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    writes: new Counter({
      name: 'kubenova_agent_writes_total',
      help: 'Writes to the API server besides the renewal of the Lease.',
      labelNames: ['object'],
      registers,
    }),
    resolves: new Counter({
      name: 'kubenova_agent_resolves_total',
      help: 'Sources that were fetched and rendered.',
      labelNames: ['outcome'],
      registers,
    }),
    apps: new Gauge({ name: 'kubenova_agent_apps', help: 'Apps that this Agent has desired state for.', registers }),
    leader: new Gauge({ name: 'kubenova_agent_leader', help: '1 while this Agent holds the Lease.', registers }),
  };
}
