/** What a look at an App works with. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { Informer } from '@kubenova/kube/informer.ts';
import type { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import type { Logger } from '../../log.ts';
import type { AgentMetrics } from '../../metrics.ts';
import type { SourceResolver } from '../../resolve/resolve-source.ts';
import type { AppMemory } from './app-memory.ts';
import type { Findings } from './report.ts';

export interface AppContext {
  readonly client: KubeClient;
  readonly configMaps: Informer<ConfigMap>;
  readonly applications: Informer<Application>;
  readonly namespaces: Informer<Namespace>;
  /** False while the cache of Applications was never filled, as before KubeVela is installed. */
  readonly servesApplications: () => boolean;
  readonly resolver: SourceResolver;
  readonly memory: Map<string, AppMemory>;
  readonly metrics: AgentMetrics;
  readonly log: Logger;
  now(): Date;
  random(): number;
}

/** Why an Application is not on the cluster as it should be. */
export type Obstacle = Extract<Findings['applied'], { reason: string }>;

export const VELA_MISSING: Obstacle = {
  kind: 'waiting',
  reason: 'VelaMissing',
  message: 'The cluster does not serve Applications of KubeVela; install KubeVela 1.10 or newer.',
};
