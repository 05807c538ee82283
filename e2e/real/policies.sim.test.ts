/** The list that the real API server passes, on a simulated one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFullSimCluster } from '@kubenova/testkit/sim-cluster.ts';
import { describe } from 'vitest';
import { describePolicies, type PolicyScene } from './policies/policies.ts';

async function open(): Promise<PolicyScene> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubenova-policies-sim-'));
  const cluster = await startFullSimCluster({ name: 'zone-a', folder });
  return {
    admin: cluster.admin,
    async stop() {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('the policy catalogue, simulated', () =>
  describePolicies(open, { ephemeralContainers: false, privileged: false }));
