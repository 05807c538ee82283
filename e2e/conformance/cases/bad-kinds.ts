/** Objects of built-in kinds that are wrong: the whole Status, word for word. */
import { casesOf } from '../case.ts';
import { type Refusal, refusals } from '../refusal.ts';
import {
  container,
  deployment,
  deployments,
  patch,
  pod,
  pods,
  post,
  secrets,
  services,
  template,
} from '../requests.ts';

const spec = (of: object) => post(pods, pod('p', of));
const containers = (...of: object[]) => spec({ containers: of });
const service = (of: object, name = 's') => post(services, { metadata: { name }, spec: of });
const job = (of: object) => post('/apis/batch/v1/namespaces/{ns}/jobs', { metadata: { name: 'j' }, spec: of });
const cron = (of: object) =>
  post('/apis/batch/v1/namespaces/{ns}/cronjobs', {
    metadata: { name: 'c' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: { spec: { template: template('c', { restartPolicy: 'Never' }) } },
      ...of,
    },
  });
const ingress = (of: object) =>
  post('/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses', { metadata: { name: 'i' }, spec: of });
const quota = (of: object) => post('/api/v1/namespaces/{ns}/resourcequotas', { metadata: { name: 'q' }, spec: of });

const builtIn: Record<string, Refusal> = {
  'deployment-empty': ['a Deployment without anything', post(deployments, { metadata: { name: 'd' } })],
  'deployment-selector': [
    'a selector that does not fit, is empty or is none',
    post(deployments, deployment('d', 1, { selector: { matchLabels: { app: 'other' } } })),
    post(deployments, deployment('d', 1, { selector: {} })),
    post(
      deployments,
      deployment('d', 1, {
        selector: {
          matchExpressions: [
            { key: 'a', operator: 'Is' },
            { key: 'b', operator: 'In' },
            { key: 'c', operator: 'Exists', values: ['x'] },
          ],
        },
      }),
    ),
  ],
  'deployment-numbers': [
    'numbers of a Deployment',
    post(
      deployments,
      deployment('d', -1, { minReadySeconds: -1, revisionHistoryLimit: -1, progressDeadlineSeconds: 0 }),
    ),
    post(deployments, deployment('d', 1, { strategy: { type: 'Invented' } })),
    post(
      deployments,
      deployment('d', 1, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    ),
    post(deployments, deployment('d', 1, { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } })),
    post(
      deployments,
      deployment('d', 1, {
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '200%', maxSurge: 'x' } },
      }),
    ),
  ],
  'deployment-restart': [
    'pods of a Deployment are restarted',
    post(deployments, deployment('d', 1, { template: template('d', { restartPolicy: 'Never' }) })),
  ],
  'pod-no-containers': ['a pod without containers', post(pods, { metadata: { name: 'p' } }), containers()],
  'pod-containers': [
    'containers that are wrong',
    containers({ name: 'Bad_Name' }),
    containers({ name: 'a' }, { name: 'a', image: ' x ' }),
    containers({ image: 'x' }),
    containers({ ...container, imagePullPolicy: 'Sometimes' }),
  ],
  'pod-ports': [
    'ports that are wrong',
    containers({
      ...container,
      ports: [
        { containerPort: 0 },
        { containerPort: 70_000 },
        { containerPort: 80, protocol: 'ICMP' },
        { containerPort: 80, name: 'much-too-long-a-name' },
      ],
    }),
    containers({
      ...container,
      ports: [
        { containerPort: 80, name: 'a' },
        { containerPort: 81, name: 'a' },
      ],
    }),
  ],
  'pod-env': [
    'environments that are wrong',
    containers({
      ...container,
      env: [
        { name: '' },
        { name: 'A=B' },
        { name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'B', valueFrom: {} },
      ],
    }),
  ],
  'pod-resources': [
    'resources that are wrong',
    containers({ ...container, resources: { requests: { cpu: '2', memory: '-1' }, limits: { cpu: '1' } } }),
    containers({ ...container, resources: { limits: { 'not a resource': '1' } } }),
  ],
  'pod-volumes': [
    'volumes that are wrong',
    spec({
      volumes: [{ name: 'a' }, { name: 'a', emptyDir: {} }],
      containers: [
        {
          ...container,
          volumeMounts: [
            { name: 'none', mountPath: '/x' },
            { name: 'a', mountPath: '' },
          ],
        },
      ],
    }),
  ],
  'pod-probes': [
    'probes that are wrong',
    containers({ ...container, livenessProbe: { periodSeconds: -1 } }),
    containers({ ...container, readinessProbe: { httpGet: { port: 0, path: '' }, tcpSocket: { port: 80 } } }),
  ],
  'pod-fields': [
    'other fields of a pod',
    spec({ restartPolicy: 'Sometimes', dnsPolicy: 'Any' }),
    spec({ hostname: 'Bad_Name', terminationGracePeriodSeconds: -5, activeDeadlineSeconds: 0 }),
    spec({
      tolerations: [
        { operator: 'Exists', value: 'x' },
        { key: 'a', effect: 'None' },
      ],
    }),
    spec({ nodeSelector: { 'bad key': 'x' } }),
    spec({ serviceAccountName: 'nobody' }),
  ],
  'pod-security': [
    'security contexts that are wrong',
    spec({ securityContext: { runAsUser: -1 } }),
    containers({ ...container, securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
  ],
  'service-fields': [
    'services that are wrong',
    service({}),
    service({ ports: [{ port: 0 }] }),
    service({ ports: [{ port: 80 }, { port: 81 }] }),
    service({ type: 'Invented', ports: [{ port: 80 }] }),
    service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    }),
    service({ clusterIP: 'not-an-ip', ports: [{ port: 80 }] }),
    service({ type: 'ExternalName' }),
    service({
      selector: { 'bad key': 'x' },
      ports: [{ port: 80, protocol: 'ICMP', targetPort: 'Much_Too_Long_A_Name' }],
    }),
  ],
  'service-address-change': [
    'a service keeps its address',
    service({ ports: [{ port: 80 }] }),
    patch('merge', `${services}/s`, { spec: { clusterIP: '10.96.77.77', clusterIPs: ['10.96.77.77'] } }),
  ],
  'secret-fields': [
    'secrets that are wrong',
    post(secrets, { metadata: { name: 's' }, data: { 'a b': '' } }),
    post(secrets, {
      metadata: { name: 's' },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': 'e30' },
    }),
    post(secrets, { metadata: { name: 's' }, type: 'kubernetes.io/tls' }),
    post(secrets, { metadata: { name: 's' }, type: 'kubernetes.io/service-account-token' }),
    post(secrets, { metadata: { name: 's' }, type: 'kubernetes.io/basic-auth' }),
  ],
  'secret-type-change': [
    'the type of a secret stays',
    post(secrets, { metadata: { name: 's' } }),
    patch('merge', `${secrets}/s`, { type: 'other' }),
  ],
  'job-fields': [
    'jobs that are wrong',
    job({}),
    job({ template: template('j') }),
    job({
      template: template('j', { restartPolicy: 'Never' }),
      parallelism: -1,
      completions: -1,
      backoffLimit: -1,
      ttlSecondsAfterFinished: -1,
    }),
    job({ template: template('j', { restartPolicy: 'Never' }), selector: { matchLabels: { a: 'b' } } }),
  ],
  'cronjob-fields': [
    'cron jobs that are wrong',
    cron({ schedule: '' }),
    cron({ schedule: 'every day' }),
    cron({ schedule: '61 * * * *' }),
    cron({ timeZone: 'Mars/Base' }),
    cron({ concurrencyPolicy: 'Maybe', startingDeadlineSeconds: -1, successfulJobsHistoryLimit: -1 }),
  ],
  'ingress-fields': [
    'ingresses that are wrong',
    ingress({}),
    ingress({ rules: [{ host: '*.*.com', http: { paths: [{ path: 'x', pathType: 'Prefix', backend: {} }] } }] }),
    ingress({
      rules: [{ host: 'a.example.com', http: { paths: [{ path: '/', backend: { service: { name: 'x' } } }] } }],
    }),
    ingress({ rules: [{ host: '10.0.0.1', http: { paths: [] } }] }),
  ],
  'quota-fields': [
    'quotas that are wrong',
    quota({ hard: { pods: '-1' } }),
    quota({ hard: { 'no such thing': '1' } }),
    quota({ hard: { pods: '1.5' } }),
    quota({ hard: { pods: '1' }, scopes: ['Invented'] }),
  ],
  'limitrange-fields': [
    'limit ranges that are wrong',
    post('/api/v1/namespaces/{ns}/limitranges', {
      metadata: { name: 'l' },
      spec: {
        limits: [
          { type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } },
          { type: 'Container', default: { cpu: '1' } },
          { type: 'Pod', default: { cpu: '1' } },
        ],
      },
    }),
  ],
  'networkpolicy-fields': [
    'network policies that are wrong',
    post('/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies', {
      metadata: { name: 'n' },
      spec: {
        podSelector: {},
        policyTypes: ['Sideways'],
        ingress: [
          {
            from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }, {}],
            ports: [{ port: 70_000, protocol: 'ICMP' }],
          },
        ],
      },
    }),
  ],
  'autoscaler-fields': [
    'autoscalers that are wrong',
    post('/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers', {
      metadata: { name: 'h' },
      spec: { minReplicas: 0, maxReplicas: 0, scaleTargetRef: { kind: '', name: '' } },
    }),
  ],
  'budget-fields': [
    'disruption budgets that are wrong',
    post('/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets', {
      metadata: { name: 'b' },
      spec: { minAvailable: 1, maxUnavailable: 1 },
    }),
    post('/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets', {
      metadata: { name: 'b' },
      spec: { minAvailable: '120%' },
    }),
  ],
  'statefulset-fields': [
    'stateful sets that are wrong',
    post('/apis/apps/v1/namespaces/{ns}/statefulsets', {
      metadata: { name: 's' },
      spec: {
        podManagementPolicy: 'Any',
        updateStrategy: { type: 'Any' },
        selector: { matchLabels: { a: 'b' } },
        template: template('s'),
      },
    }),
  ],
  'lease-fields': [
    'leases that are wrong',
    post('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', {
      metadata: { name: 'l' },
      spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
    }),
  ],
};

export const badKindCases = casesOf('bad-kinds', refusals(builtIn));
