import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Application, ComponentSpec } from '../model/application.ts';
import { annotation, label } from '../model/vocabulary.ts';
import { renderComponent, withRenderHash } from './component.ts';

const revision = { name: 'shop-v3', hash: '0123456789abcdef' };

function application(components: ComponentSpec[], annotations: Record<string, string> = {}): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name: 'shop',
      namespace: 'acme-shop',
      uid: '5a64f0c1-62f5-4a8d-9d5b-0f5a3c0a9c11',
      labels: { 'kubenova.io/app': 'shop', 'kubenova.io/managed-by': 'vela' },
      annotations: {
        [annotation.serviceAccount]: 'kubenova-deployer',
        [annotation.publishVersion]: 'r3-0a1b2c3d',
        [annotation.kubectlLastApplied]: '{"left":"out"}',
        ...annotations,
      },
    },
    spec: { components },
  };
}

function rendered(component: ComponentSpec, annotations?: Record<string, string>): string {
  const { workload, others } = renderComponent(application([component], annotations), component, revision);
  return [workload, ...others]
    .map((object) => stringify(object, { sortMapEntries: true, aliasDuplicateObjects: false }))
    .join('---\n');
}

const web: ComponentSpec = {
  name: 'web',
  type: 'webservice',
  properties: { image: 'ghcr.io/stefanprodan/podinfo:6.9.2', ports: [{ port: 9898 }] },
};

describe('renderComponent', () => {
  it.each<[string, ComponentSpec]>([
    [
      'webservice-scaler-gateway',
      {
        ...web,
        properties: {
          ...web.properties,
          imagePullPolicy: 'IfNotPresent',
          cpu: '0.1',
          memory: '64Mi',
          limit: { memory: '128Mi' },
          labels: { team: 'acme' },
          annotations: { note: 'hello' },
          env: [{ name: 'COLOUR', value: 'blue' }],
          imagePullSecrets: ['registry'],
          readinessProbe: { httpGet: { path: '/readyz', port: 9898 } },
        },
        traits: [
          { type: 'scaler', properties: { replicas: 2 } },
          {
            type: 'gateway',
            properties: { domain: 'shop.acme.test', class: 'nginx', classInSpec: true, http: { '/': 9898 } },
          },
        ],
      },
    ],
    [
      'webservice-exposed',
      {
        name: 'web',
        type: 'webservice',
        properties: {
          image: 'web:1',
          ports: [
            { port: 80, expose: true },
            { port: 90, containerPort: 9090, name: 'admin', protocol: 'UDP', expose: true },
            { port: 70, protocol: 'UDP' },
          ],
        },
        traits: [
          {
            type: 'gateway',
            properties: { domain: 'a.b', existingServiceName: 'web', http: { '/': 80, '/adm': 90 }, secretName: 'tls' },
          },
        ],
      },
    ],
    [
      'worker-volumes',
      {
        name: 'mail',
        type: 'worker',
        properties: {
          image: 'mail:2',
          cmd: ['run', '--forever'],
          volumeMounts: {
            emptyDir: [{ name: 'tmp', mountPath: '/tmp' }],
            secret: [
              { name: 'keys', mountPath: '/keys', secretName: 'mail-keys' },
              { name: 'keys', mountPath: '/old', subPath: 'old', secretName: 'mail-keys' },
            ],
          },
        },
      },
    ],
    [
      'k8s-objects',
      {
        name: 'chart',
        type: 'k8s-objects',
        properties: {
          objects: [
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'settings', labels: { own: 'yes' } },
              data: { a: '1' },
            },
            { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'elsewhere', namespace: 'default' } },
            { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80 }] } },
          ],
        },
      },
    ],
    [
      'statefulset-storage-env',
      {
        name: 'db',
        type: 'statefulset',
        properties: {
          image: 'postgres:17',
          ports: [{ port: 5432, expose: true }],
          env: [
            { name: 'PGDATA', value: '/data' },
            { name: 'OLD', value: 'x' },
          ],
        },
        traits: [
          { type: 'scaler', properties: { replicas: 3 } },
          { type: 'env', properties: { env: { PGDATA: '/data/main', MODE: 'primary' }, unset: ['OLD'] } },
          {
            type: 'storage',
            properties: {
              pvc: [
                {
                  name: 'data',
                  mountPath: '/data',
                  storageClassName: 'fast',
                  resources: { requests: { storage: '1Gi' } },
                },
              ],
              configMap: [
                { name: 'conf', mountPath: '/etc/pg', data: { 'pg.conf': 'x' } },
                { name: 'only-env', mountToEnv: { envName: 'LEVEL', configMapKey: 'level' }, data: { level: 'debug' } },
              ],
              secret: [
                {
                  name: 'keys',
                  mountPath: '/keys',
                  mountOnly: true,
                  mountToEnvs: [{ envName: 'KEY', secretKey: 'key' }],
                },
              ],
              emptyDir: [{ name: 'tmp', mountPath: '/tmp' }],
            },
          },
        ],
      },
    ],
    [
      'daemon-metadata-resource',
      {
        name: 'agent',
        type: 'daemon',
        properties: {
          image: 'agent:1',
          ports: [{ port: 9100, protocol: 'UDP', expose: true }],
          volumeMounts: { hostPath: [{ name: 'proc', mountPath: '/host/proc', path: '/proc' }] },
          labels: { old: 'yes', team: 'acme' },
        },
        traits: [
          { type: 'labels', properties: { tier: 'edge', old: null } },
          { type: 'annotations', properties: { note: 'hello' } },
          { type: 'resource', properties: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } } },
        ],
      },
    ],
    [
      'task',
      {
        name: 'migrate',
        type: 'task',
        properties: {
          image: 'migrate:3',
          cmd: ['migrate', 'up'],
          count: 2,
          cpu: '1',
          limit: { cpu: '2' },
          volumes: [{ name: 'tmp', mountPath: '/tmp' }],
        },
        traits: [{ type: 'resource', properties: { cpu: '2', memory: '1Gi' } }],
      },
    ],
    [
      'cron-task',
      {
        name: 'report',
        type: 'cron-task',
        properties: {
          image: 'report:1',
          schedule: '0 3 * * *',
          restart: 'OnFailure',
          concurrencyPolicy: 'Forbid',
          ttlSecondsAfterFinished: 600,
          labels: { team: 'acme' },
          volumeMounts: { emptyDir: [{ name: 'tmp', mountPath: '/tmp', subPath: 'a' }] },
        },
        traits: [
          { type: 'annotations', properties: { note: 'nightly' } },
          { type: 'resource', properties: { cpu: 1, memory: '256Mi' } },
        ],
      },
    ],
  ])('renders %s as its golden file says', async (name, component) => {
    await expect(rendered(component)).toMatchFileSnapshot(`../golden/${name}.yaml`);
  });

  it('holds back the labels and annotations that the Application names', () => {
    const annotations = {
      [annotation.filterLabels]: 'kubenova.io/app',
      [annotation.filterAnnotations]: `${annotation.publishVersion}, ${annotation.serviceAccount}`,
    };
    const { workload } = renderComponent(application([web], annotations), web, revision);
    expect(workload.metadata.labels).not.toHaveProperty(['kubenova.io/app']);
    expect(workload.metadata.labels).toHaveProperty(['kubenova.io/managed-by'], 'vela');
    expect(workload.metadata.annotations).toBeUndefined();
  });

  it.each([
    ['no image', { ports: [] }, 'parameter.image: incomplete value string'],
    ['a port that is no number', { image: 'x', ports: [{ port: 'eighty' }] }, 'conflicting values "eighty" and int'],
  ])('refuses %s', (_what, properties, message) => {
    const component = { ...web, properties };
    expect(() => renderComponent(application([component]), component, revision)).toThrow(message);
  });

  it.each([
    [
      'a gateway without paths',
      'gateway',
      {},
      'evaluate template trait=gateway app=web: parameter.http: incomplete value',
    ],
    [
      'variables of a strange container',
      'env',
      { containerName: 'side', env: {} },
      'trait=env app=web: container side not found',
    ],
    ['variables of nobody', 'env', { containers: [{ env: {} }] }, 'containerName must be set for containers'],
    [
      'a volume without a name',
      'storage',
      { emptyDir: [{ mountPath: '/x' }] },
      'parameter.name: incomplete value string',
    ],
  ])('refuses %s', (_what, type, properties, message) => {
    const component = { ...web, traits: [{ type, properties }] };
    expect(() => renderComponent(application([component]), component, revision)).toThrow(message);
  });

  it('refuses an empty list of objects', () => {
    const component = { name: 'c', type: 'k8s-objects', properties: { objects: [] } };
    expect(() => renderComponent(application([component]), component, revision)).toThrow('index out of range [0]');
  });

  it('gives another render hash to another revision of the same content', () => {
    const hash = (name: string) => {
      const { workload } = renderComponent(application([web]), web, { ...revision, name });
      return withRenderHash(workload).metadata.labels?.[label.renderHash];
    };
    expect(hash('shop-v3')).toMatch(/^[0-9a-f]{16}$/);
    expect(hash('shop-v3')).toBe(hash('shop-v3'));
    expect(hash('shop-v4')).not.toBe(hash('shop-v3'));
  });
});
