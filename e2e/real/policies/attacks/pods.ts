/** Pods: what they may do on their node, and what they have to ask for. */
import { type Attack, one } from './attack.ts';

export const podAttacks: readonly Attack[] = [
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
];
