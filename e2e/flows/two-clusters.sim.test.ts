import { simClusters } from '../../packages/cli/dev/sim-cluster.ts';
import { twoClusters } from './two-clusters.ts';

twoClusters(simClusters());
