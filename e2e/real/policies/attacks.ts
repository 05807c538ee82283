/**
 * What each policy of the catalogue has to let through and what it has to refuse, in every form in which a tenant could
 * ask for it. The lists say what a person of a tenant would try; `forms.ts` turns a container and a pod into everything
 * that can carry one.
 */

export type Fields = Record<string, unknown>;

/** Why it is tried, what is tried, and of a refusal a piece of its message. */
export type Allowed = readonly [why: string, what: Fields];
export type Refused = readonly [why: string, what: Fields, message: string];

export interface Attack {
  type: string;
  parameters: Fields;
  /** Tried as an ordinary, an init and an ephemeral container. */
  containers?: { allowed: readonly Allowed[]; refused: readonly Refused[] };
  /** Specs of pods, tried as a pod and as the template of everything that has one. */
  pods?: { allowed: readonly Allowed[]; refused: readonly Refused[] };
  /** Whole objects. */
  objects?: { allowed: readonly Allowed[]; refused: readonly Refused[] };
  /** The parts of a container's security that are needed besides, so that nothing else refuses it. */
  container?: Fields;
  /** Templates are not judged, only the pods that they make. */
  podsOnly?: boolean;
}

const one = (container: Fields, more: Fields = {}): Fields => ({
  containers: [{ name: 'c', image: 'nginx:1', ...container }],
  ...more,
});

const ingress = (spec: Fields, annotations: Record<string, string> = {}): Fields => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'try', annotations },
  spec,
});
const backend = { service: { name: 'web', port: { number: 80 } } };
const route = (host: string | undefined): Fields => ({
  ...(host !== undefined && { host }),
  http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
});
const service = (spec: Fields): Fields => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'try' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
});
const claim = (spec: Fields, annotations: Record<string, string> = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'try', annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const template = (container: Fields = {}): Fields => ({ metadata: { labels: { app: 'try' } }, spec: one(container) });
const workload = (kind: string, spec: Fields, labels: Record<string, string> = {}): Fields => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'try', labels },
  spec: { selector: { matchLabels: { app: 'try' } }, template: template(), ...spec },
});
const statefulSet = (claimSpec: Fields): Fields =>
  workload('StatefulSet', {
    serviceName: 'try',
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: (claim(claimSpec) as { spec: Fields }).spec }],
  });

export const attacks: readonly Attack[] = [
  {
    type: 'allowed-registries',
    parameters: { registries: ['ghcr.io/acme', 'registry.example.com:5000', 'docker.io/library', 'quay.io/team/app'] },
    containers: {
      allowed: [
        ['a path within', { image: 'ghcr.io/acme/shop:1' }],
        [
          'deeper within',
          { image: 'ghcr.io/acme/a/b/c@sha256:0000000000000000000000000000000000000000000000000000000000000000' },
        ],
        ['a registry with a port', { image: 'registry.example.com:5000/x' }],
        ['an official image without its registry', { image: 'nginx:1' }],
        ['a repository itself', { image: 'quay.io/team/app:2' }],
        ['by its other name', { image: 'index.docker.io/library/nginx' }],
      ],
      refused: [
        [
          'another registry',
          { image: 'evil.example.com/x:1' },
          'Allowed: docker.io/library, ghcr.io/acme, quay.io/team/app',
        ],
        ['a path beside', { image: 'ghcr.io/acme-evil/x' }, 'ghcr.io/acme-evil/x'],
        ['a registry that begins alike', { image: 'ghcr.io.evil.example.com/acme/x' }, 'not allowed'],
        ['another port', { image: 'registry.example.com:5001/x' }, 'not allowed'],
        ['without the port', { image: 'registry.example.com/x' }, 'not allowed'],
        ['a user of Docker Hub without its registry', { image: 'evil/x' }, 'docker.io/evil/x'],
        ['a path in place of a registry', { image: 'evil.example.com/ghcr.io/acme/x' }, 'not allowed'],
        ['a repository that begins alike', { image: 'quay.io/team/application' }, 'not allowed'],
        ['this machine', { image: 'localhost/ghcr.io/acme/x' }, 'not allowed'],
        ['in capitals', { image: 'GHCR.IO/acme/x' }, 'not allowed'],
      ],
    },
    pods: {
      allowed: [
        ['an image as a volume', one({}, { volumes: [{ name: 'v', image: { reference: 'ghcr.io/acme/data:1' } }] })],
      ],
      refused: [
        [
          'an image as a volume',
          one({}, { volumes: [{ name: 'v', image: { reference: 'evil.example.com/data:1' } }] }),
          'evil.example.com/data:1',
        ],
      ],
    },
  },
  {
    type: 'image-pull-policy',
    parameters: { policies: ['Always'] },
    container: { imagePullPolicy: 'Always' },
    containers: {
      allowed: [
        ['the allowed one', { imagePullPolicy: 'Always' }],
        ['left out where Kubernetes chooses it', { image: 'nginx:latest', imagePullPolicy: undefined }],
      ],
      refused: [
        ['another', { imagePullPolicy: 'IfNotPresent' }, 'Allowed: Always'],
        ['never', { imagePullPolicy: 'Never' }, 'Allowed: Always'],
        [
          'left out where Kubernetes chooses another',
          { image: 'nginx:1', imagePullPolicy: undefined },
          'Allowed: Always',
        ],
      ],
    },
    pods: {
      allowed: [],
      refused: [
        [
          'of an image volume',
          one(
            { imagePullPolicy: 'Always' },
            { volumes: [{ name: 'v', image: { reference: 'x:1', pullPolicy: 'Never' } }] },
          ),
          'not allowed of v',
        ],
      ],
    },
  },
  {
    type: 'no-latest-tag',
    parameters: {},
    containers: {
      allowed: [
        ['a tag', { image: 'nginx:1.27' }],
        ['a digest', { image: 'nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000' }],
        ['a port and a tag', { image: 'r.example.com:5000/x:1' }],
        ['a tag that only ends alike', { image: 'nginx:not-latest' }],
      ],
      refused: [
        ['no tag', { image: 'nginx' }, 'Each needs a tag other than latest'],
        ['latest', { image: 'nginx:latest' }, 'nginx:latest'],
        ['a port that is no tag', { image: 'r.example.com:5000/x' }, 'not pinned'],
      ],
    },
  },
  {
    type: 'no-latest-tag',
    parameters: { requireDigest: true },
    container: { image: 'nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000' },
    containers: {
      allowed: [
        [
          'a tag and a digest',
          { image: 'nginx:1@sha256:0000000000000000000000000000000000000000000000000000000000000000' },
        ],
      ],
      refused: [['a tag', { image: 'nginx:1.27' }, 'Each needs a digest']],
    },
  },
  {
    type: 'no-privileged-pods',
    parameters: { capabilities: ['NET_BIND_SERVICE'] },
    containers: {
      allowed: [
        ['nothing said', {}],
        ['an allowed capability', { securityContext: { capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] } } }],
      ],
      refused: [
        ['privileged', { securityContext: { privileged: true } }, 'may not be privileged'],
        ['a capability', { securityContext: { capabilities: { add: ['NET_ADMIN'] } } }, 'Allowed: NET_BIND_SERVICE'],
        ['all of them', { securityContext: { capabilities: { add: ['ALL'] } } }, 'Allowed: NET_BIND_SERVICE'],
        [
          'by its other name',
          { securityContext: { capabilities: { add: ['CAP_NET_BIND_SERVICE'] } } },
          'Allowed: NET_BIND_SERVICE',
        ],
      ],
    },
    pods: {
      allowed: [['a port of its own', one({ ports: [{ containerPort: 80 }] })]],
      refused: [
        ["the node's network", one({}, { hostNetwork: true }), 'may not share of its node: network'],
        ["the node's processes", one({}, { hostPID: true }), 'processes'],
        ["the node's IPC", one({}, { hostIPC: true }), 'IPC'],
        [
          'a path of the node',
          one({}, { volumes: [{ name: 'root', hostPath: { path: '/' } }] }),
          'paths of the node: root',
        ],
        ['a port of the node', one({ ports: [{ containerPort: 80, hostPort: 80 }] }), 'hostPort'],
        ['/proc as it is', one({ securityContext: { procMount: 'Unmasked' } }, { hostUsers: false }), 'unmask'],
        [
          'a process of the node (Windows)',
          one(
            {},
            {
              hostNetwork: true,
              securityContext: { runAsNonRoot: false, windowsOptions: { hostProcess: true, runAsUserName: 'x' } },
            },
          ),
          'may not share',
        ],
      ],
    },
  },
  {
    type: 'run-as-non-root',
    parameters: {},
    container: { securityContext: { runAsNonRoot: true } },
    containers: {
      allowed: [
        ['it says so', { securityContext: { runAsNonRoot: true } }],
        ['with a user', { securityContext: { runAsNonRoot: true, runAsUser: 1000 } }],
      ],
      refused: [
        ['nothing said', { securityContext: {} }, 'may not run as root'],
        ['it says no', { securityContext: { runAsNonRoot: false } }, 'may not run as root'],
        ['as user 0', { securityContext: { runAsNonRoot: true, runAsUser: 0 } }, 'may not run as root'],
      ],
    },
    pods: {
      allowed: [['the pod says so', one({}, { securityContext: { runAsNonRoot: true } })]],
      refused: [
        [
          'the container takes it back',
          one({ securityContext: { runAsNonRoot: false } }, { securityContext: { runAsNonRoot: true } }),
          'root',
        ],
        [
          'the pod is user 0',
          one({ securityContext: { runAsNonRoot: true } }, { securityContext: { runAsUser: 0 } }),
          'root',
        ],
        ['a user is not enough', one({ securityContext: { runAsUser: 1000 } }), 'root'],
      ],
    },
  },
  {
    type: 'read-only-root-filesystem',
    parameters: {},
    container: { securityContext: { readOnlyRootFilesystem: true } },
    containers: {
      allowed: [['it says so', { securityContext: { readOnlyRootFilesystem: true } }]],
      refused: [
        ['nothing said', { securityContext: {} }, 'need a read-only root filesystem: '],
        ['it says no', { securityContext: { readOnlyRootFilesystem: false } }, 'need a read-only root filesystem'],
      ],
    },
  },
  {
    type: 'priority-classes',
    parameters: { classes: ['standard'] },
    pods: {
      allowed: [['none', one({})]],
      refused: [
        ["the system's", one({}, { priorityClassName: 'system-cluster-critical' }), 'Allowed: none, or standard'],
        ["the node's", one({}, { priorityClassName: 'system-node-critical' }), 'Allowed: none, or standard'],
      ],
    },
  },
  {
    type: 'required-resources',
    parameters: { requests: ['cpu'], limits: ['memory'] },
    podsOnly: true,
    pods: {
      allowed: [
        ['both', one({ resources: { requests: { cpu: '1m' }, limits: { memory: '1Mi' } } })],
        [
          'limits, from which Kubernetes takes the requests',
          one({ resources: { limits: { cpu: '1m', memory: '1Mi' } } }),
        ],
      ],
      refused: [
        ['none', one({}), 'limits.memory, requests.cpu): c'],
        ['one of them', one({ resources: { requests: { cpu: '1m' } } }), 'need resources'],
        [
          'an init container without',
          one(
            { resources: { limits: { cpu: '1m', memory: '1Mi' } } },
            { initContainers: [{ name: 'init', image: 'nginx:1' }] },
          ),
          ': init',
        ],
      ],
    },
  },
  {
    type: 'required-labels',
    parameters: { labels: [{ key: 'team' }, { key: 'example.com/cost', values: ['web', 'retail'] }] },
    objects: {
      allowed: [
        ['all of them', workload('Deployment', {}, { team: 'a', 'example.com/cost': 'web' })],
        ['what runs nothing', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'try' } }],
      ],
      refused: [
        ['none', workload('Deployment', {}), 'Labels are needed: example.com/cost (retail, web); team'],
        ['one of them', workload('StatefulSet', { serviceName: 'x' }, { team: 'a' }), 'example.com/cost'],
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
        [
          'a Job',
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: { name: 'try' },
            spec: { template: { spec: one({}, { restartPolicy: 'Never' }) } },
          },
          'Labels are needed',
        ],
      ],
    },
  },
  {
    type: 'max-replicas',
    parameters: { max: 3 },
    objects: {
      allowed: [
        ['as many', workload('Deployment', { replicas: 3 })],
        ['nothing said is one', workload('StatefulSet', { serviceName: 'x' })],
        [
          'an autoscaler within',
          {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name: 'try' },
            spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 3 },
          },
        ],
      ],
      refused: [
        ['one more', workload('Deployment', { replicas: 4 }), '4 replicas are too many. Allowed: 3'],
        ['of a StatefulSet', workload('StatefulSet', { serviceName: 'x', replicas: 4 }), 'too many'],
        ['of a ReplicaSet', workload('ReplicaSet', { replicas: 4 }), 'too many'],
        [
          'by an autoscaler',
          {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name: 'try' },
            spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 4 },
          },
          'too many',
        ],
        [
          'by a Job',
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: { name: 'try' },
            spec: { parallelism: 4, template: { spec: one({}, { restartPolicy: 'Never' }) } },
          },
          'too many',
        ],
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
  {
    type: 'service-types',
    parameters: {},
    objects: {
      allowed: [
        ['inside', service({})],
        ['headless', service({ clusterIP: 'None' })],
      ],
      refused: [
        ['a port of every node', service({ type: 'NodePort' }), 'type NodePort is not allowed. Allowed: ClusterIP'],
        ['a load balancer', service({ type: 'LoadBalancer' }), 'Allowed: ClusterIP'],
        ['a name elsewhere', service({ type: 'ExternalName', externalName: 'evil.example.com' }), 'Allowed: ClusterIP'],
        ['addresses of others', service({ externalIPs: ['203.0.113.7'] }), 'externalIPs is not allowed'],
      ],
    },
  },
  {
    type: 'ingress-hosts',
    parameters: { hosts: ['*.acme.example.com', 'acme.example.com'] },
    objects: {
      allowed: [
        ['the host', ingress({ rules: [route('acme.example.com')] })],
        [
          'below it, with tls',
          ingress({ rules: [route('a.acme.example.com')], tls: [{ hosts: ['a.acme.example.com'], secretName: 's' }] }),
        ],
        ['deeper', ingress({ rules: [route('a.b.acme.example.com')] })],
        ['a wildcard below', ingress({ rules: [route('*.b.acme.example.com')] })],
      ],
      refused: [
        [
          'another host',
          ingress({ rules: [route('evil.example.com')] }),
          'Allowed hosts: *.acme.example.com, acme.example.com',
        ],
        ['one that ends alike', ingress({ rules: [route('evilacme.example.com')] }), 'may not serve evilacme'],
        [
          'a second rule',
          ingress({ rules: [route('acme.example.com'), route('evil.example.com')] }),
          'evil.example.com',
        ],
        ['every host', ingress({ rules: [route(undefined)] }), 'a rule without a host'],
        ['what nobody else serves', ingress({ defaultBackend: backend }), 'a default backend'],
        [
          'that beside a rule',
          ingress({ rules: [route('acme.example.com')], defaultBackend: backend }),
          'a default backend',
        ],
        [
          'by tls',
          ingress({ rules: [route('acme.example.com')], tls: [{ hosts: ['evil.example.com'], secretName: 's' }] }),
          'evil.example.com',
        ],
        ['a wildcard above', ingress({ rules: [route('*.example.com')] }), 'may not serve'],
        [
          'by an alias of the controller',
          ingress(
            { rules: [route('acme.example.com')] },
            { 'nginx.ingress.kubernetes.io/server-alias': 'a.acme.example.com, evil.example.com' },
          ),
          'evil.example.com',
        ],
      ],
    },
  },
  {
    type: 'ingress-classes',
    parameters: { classes: ['public'] },
    objects: {
      allowed: [
        ['the class', ingress({ ingressClassName: 'public', rules: [route('a.example.com')] })],
        [
          'as it was written before',
          ingress({ rules: [route('a.example.com')] }, { 'kubernetes.io/ingress.class': 'public' }),
        ],
      ],
      refused: [
        ['another', ingress({ ingressClassName: 'internal', rules: [route('a.example.com')] }), 'Allowed: public'],
        ['none', ingress({ rules: [route('a.example.com')] }), 'needs a class'],
        [
          'as it was written before',
          ingress({ rules: [route('a.example.com')] }, { 'kubernetes.io/ingress.class': 'internal' }),
          'internal',
        ],
      ],
    },
  },
  {
    type: 'storage-classes',
    parameters: { classes: ['fast'] },
    objects: {
      allowed: [
        ['the class', claim({ storageClassName: 'fast' })],
        ['of a StatefulSet', statefulSet({ storageClassName: 'fast' })],
        ['a StatefulSet that leaves it to the default', statefulSet({})],
      ],
      refused: [
        ['another', claim({ storageClassName: 'slow' }), 'not allowed: slow. Allowed: fast'],
        ['none', claim({}), 'needs a StorageClass'],
        ['an empty one', claim({ storageClassName: '' }), 'needs a StorageClass'],
        [
          'as it was written before, which Kubernetes prefers',
          claim({ storageClassName: 'fast' }, { 'volume.beta.kubernetes.io/storage-class': 'slow' }),
          'slow',
        ],
        ['of a StatefulSet', statefulSet({ storageClassName: 'slow' }), 'not allowed: slow'],
      ],
    },
  },
];
