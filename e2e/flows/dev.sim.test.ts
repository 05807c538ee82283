import { devFlow } from './dev.ts';

// dev itself, which simulates the clusters, the Manager and an Agent a cluster.
devFlow({ world: 'sim', processes: 4, clusters: 2 });
