import { simClusters } from '../../packages/cli/dev/sim-cluster.ts';
import { tenancy } from './tenancy.ts';

tenancy(simClusters());
