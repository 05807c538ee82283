/** What makes pods: the labels that it carries, and how many it may make. */
import { workload } from '../forms.ts';
import { type Attack, type Fields, one } from './attack.ts';

const autoscaler = (maxReplicas: number): Fields => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'try' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas },
});

export const workloadAttacks: readonly Attack[] = [
  {
    type: 'required-labels',
    parameters: { labels: [{ key: 'team' }, { key: 'example.com/cost', values: ['web', 'retail'] }] },
    objects: {
      allowed: [
        ['all of them', workload('Deployment', {}, { team: 'a', 'example.com/cost': 'web' })],
        ['what runs nothing', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'try' } }],
      ],
      refused: [
        ['none', workload('Deployment'), 'Labels are needed: example.com/cost (retail, web); team'],
        ['one of them', workload('StatefulSet', {}, { team: 'a' }), 'example.com/cost'],
        ['another value', workload('DaemonSet', {}, { team: 'a', 'example.com/cost': 'webb' }), 'example.com/cost'],
        [
          'a pod by hand that claims a controller',
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: {
              name: 'try',
              ownerReferences: [
                {
                  apiVersion: 'apps/v1',
                  kind: 'ReplicaSet',
                  name: 'x',
                  uid: '00000000-0000-4000-8000-000000000000',
                  controller: true,
                },
              ],
            },
            spec: one({}),
          },
          'Labels are needed',
        ],
        ['a Job', workload('Job'), 'Labels are needed'],
      ],
    },
  },
  {
    type: 'max-replicas',
    parameters: { max: 3 },
    objects: {
      allowed: [
        ['as many', workload('Deployment', { replicas: 3 })],
        ['nothing said is one', workload('StatefulSet')],
        ['an autoscaler within', autoscaler(3)],
      ],
      refused: [
        ['one more', workload('Deployment', { replicas: 4 }), '4 replicas are too many. Allowed: 3'],
        ['of a StatefulSet', workload('StatefulSet', { replicas: 4 }), 'too many'],
        ['of a ReplicaSet', workload('ReplicaSet', { replicas: 4 }), 'too many'],
        ['by an autoscaler', autoscaler(4), 'too many'],
        ['by a Job', workload('Job', { parallelism: 4 }), 'too many'],
        [
          'by a CronJob',
          {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            metadata: { name: 'try' },
            spec: {
              schedule: '* * * * *',
              jobTemplate: { spec: { parallelism: 4, template: { spec: one({}, { restartPolicy: 'Never' }) } } },
            },
          },
          'too many',
        ],
      ],
    },
  },
];
