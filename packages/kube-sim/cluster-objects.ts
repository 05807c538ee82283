/** What is in a cluster from its first moment, as an API server and the tools that install it put it there. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { KUBERNETES_VERSION } from './api/plain-paths.ts';
import { bootstrapObjects } from './auth/bootstrap.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const PRIORITIES = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 };

/** In the order in which they can be created. */
export function initialObjects(cluster: string, nodes: number, now: string): KubeObject[] {
  const named = (apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name },
    ...rest,
  });
  return [
    ...NAMESPACES.map((name) => named('v1', 'Namespace', name)),
    ...bootstrapObjects(),
    ...Object.entries(PRIORITIES).map(([name, value]) =>
      named('scheduling.k8s.io/v1', 'PriorityClass', name, { value, description: 'Used for system critical pods.' }),
    ),
    kubernetesService(),
    ...Array.from({ length: nodes }, (_, index) => node(cluster, index + 1, now)),
  ];
}

function kubernetesService(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  };
}

function node(cluster: string, index: number, now: string): KubeObject {
  const name = `${cluster}-node-${index}`;
  const room = { cpu: '64', memory: '256Gi', pods: '10000', 'ephemeral-storage': '1Ti' };
  const podCIDR = `10.${128 + index}.0.0/16`;
  const conditions = Object.entries({
    MemoryPressure: ['False', 'KubeletHasSufficientMemory'],
    DiskPressure: ['False', 'KubeletHasNoDiskPressure'],
    PIDPressure: ['False', 'KubeletHasSufficientPID'],
    Ready: ['True', 'KubeletReady'],
  }).map(([type, [status, reason]]) => {
    return { type, status, reason, message: reason, lastHeartbeatTime: now, lastTransitionTime: now };
  });
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/zone': cluster,
      },
    },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: {
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      capacity: room,
      allocatable: room,
      conditions,
      nodeInfo: {
        ...Object.fromEntries(['machineID', 'systemUUID', 'bootID'].map((id) => [id, ''])),
        kernelVersion: 'none',
        osImage: 'simulated',
        containerRuntimeVersion: 'simulated://1',
        kubeletVersion: KUBERNETES_VERSION,
        kubeProxyVersion: KUBERNETES_VERSION,
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}
