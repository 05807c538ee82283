import { realClusters } from '../../packages/cli/dev/real-cluster.ts';
import { tenancy } from './tenancy.ts';

tenancy(realClusters());
