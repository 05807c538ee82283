import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'bench/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'sim',
          include: ['e2e/conformance/**/*.test.ts', 'e2e/**/*.sim.test.ts'],
          env: { KUBENOVA_CONFORMANCE_WORLD: 'sim' },
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxConcurrency: 8,
        },
      },
      {
        test: {
          name: 'real',
          include: ['e2e/**/*.test.ts'],
          exclude: ['e2e/**/*.sim.test.ts'],
          // Also the world of a kubeconfig runs here.
          env: { KUBENOVA_CONFORMANCE_WORLD: process.env.KUBENOVA_CONFORMANCE_WORLD ?? 'real' },
          maxConcurrency: 8,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          // Each file has a control plane of its own and waits for it most of the time; two cores carry two.
          // A true capsule-proxy binds a fixed port, so with one there is only one cluster at a time.
          maxWorkers: process.env.KUBENOVA_CAPSULE_PROXY_BIN ? 1 : 2,
        },
      },
    ],
  },
});
