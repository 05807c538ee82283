import { vi } from 'vitest';
import { realClusters } from '../../packages/cli/dev/real-cluster.ts';
import { twoClusters } from './two-clusters.ts';

// A true capsule-proxy leaves room for no second one on a machine: here both clusters have its stand-in.
vi.stubEnv('KUBENOVA_CAPSULE_PROXY_BIN', undefined);

twoClusters(realClusters());
