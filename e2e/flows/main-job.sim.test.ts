import { mainJob } from './main-job.ts';

mainJob({
  world: 'sim',
  kubernetesVersion: /^v1\.37\./,
  chart: { name: 'hello', version: '1.1.0', values: { replicas: 2 } },
});
