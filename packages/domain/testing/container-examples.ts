import type { containerState } from './fixtures.ts';

/** Every option of a `containerImage`, by the name of its golden file. */
export const containerExamples: Readonly<Record<string, Parameters<typeof containerState>>> = {
  'container-minimal': [{ image: 'ghcr.io/acme/worker' }],
  'container-tag-and-port': [{ image: 'nginx', tag: '1.29', ports: [80] }],
  'container-digest': [{ image: 'nginx', digest: `sha256:${'0'.repeat(64)}`, ports: [80] }],
  'container-ports': [
    {
      image: 'nginx',
      tag: '1.29',
      ports: [8080, { port: 9090, name: 'metrics', expose: false }, { port: 53, protocol: 'UDP' }],
    },
  ],
  'container-command': [{ image: 'busybox', tag: '1.37', command: ['sh', '-c'], args: ['echo $GREETING; sleep 3600'] }],
  'container-env': [
    {
      image: 'busybox',
      env: [
        { name: 'GREETING', value: 'hello' },
        { name: 'EMPTY' },
        { name: 'TOKEN', secretRef: { name: 'api', key: 'token' } },
      ],
    },
  ],
  'container-requests-only': [{ image: 'busybox', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
  'container-limits-only': [{ image: 'busybox', resources: { limits: { cpu: '1', memory: '128Mi' } } }],
  'container-requests-and-limits': [
    {
      image: 'busybox',
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
    },
  ],
  'container-replicas': [{ image: 'busybox', replicas: 3 }],
  'container-probes': [
    {
      image: 'nginx',
      ports: [80],
      probes: {
        liveness: { httpGet: { path: '/healthz', port: 80 }, initialDelaySeconds: 5, periodSeconds: 10 },
        readiness: { tcpSocket: { port: 80 }, failureThreshold: 2 },
      },
    },
  ],
  'container-exec-probe': [{ image: 'busybox', probes: { liveness: { exec: { command: ['true'] } } } }],
  'container-host': [{ image: 'nginx', ports: [8080, 9090], host: 'shop.example.com' }],
  'container-pull-secret': [{ image: 'registry.example.com/acme/web', credentialsSecretRef: { name: 'registry' } }],
  'container-traits': [
    { image: 'nginx', ports: [8080] },
    {
      traits: [
        { type: 'scaler', properties: { replicas: 2 } },
        {
          type: 'gateway',
          properties: { domain: 'a.example.com', http: { '/': 8080 }, class: 'internal', classInSpec: true },
        },
      ],
    },
  ],
  'container-labels': [{ image: 'busybox' }, { labels: { team: 'checkout', 'app.kubernetes.io/part-of': 'shop' } }],
};
