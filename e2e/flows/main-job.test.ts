import { mainJob } from './main-job.ts';

mainJob({
  world: 'real',
  kubernetesVersion: 'v1.37.2',
  chart: { name: 'podinfo', version: '6.9.2', values: { replicaCount: 2 } },
});
