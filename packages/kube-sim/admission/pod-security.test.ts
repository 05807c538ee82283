/** Expectations were read off kube-apiserver 1.37.2. */
import { describe, expect, it } from 'vitest';
import { admissionScene, type Body } from './testing/admission-scene.ts';

const escaping: Body = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'a' },
  spec: {
    hostPID: true,
    hostIPC: true,
    volumes: [
      { name: 'h', hostPath: { path: '/' } },
      { name: 'i', hostPath: { path: '/' } },
    ],
    securityContext: {
      sysctls: [{ name: 'kernel.x', value: '1' }],
      appArmorProfile: { type: 'Unconfined' },
      seccompProfile: { type: 'Unconfined' },
      seLinuxOptions: { type: 'bad', user: 'u', role: 'r' },
    },
    containers: [
      {
        name: 'a',
        image: 'i',
        ports: [{ containerPort: 80, hostPort: 80 }],
        securityContext: {
          capabilities: { add: ['NET_ADMIN', 'SYS_TIME', 'CHOWN'] },
          appArmorProfile: { type: 'Unconfined' },
          seccompProfile: { type: 'Unconfined' },
        },
        livenessProbe: { httpGet: { host: '1.2.3.4', port: 80 } },
      },
      {
        name: 'b',
        image: 'i',
        ports: [{ containerPort: 81, hostPort: 81 }],
        securityContext: { seLinuxOptions: { type: 'worse' } },
        lifecycle: { postStart: { httpGet: { host: 'h', port: 1 } }, preStop: { httpGet: { host: 'g', port: 1 } } },
      },
    ],
  },
};
const plain: Body = { ...escaping, spec: { containers: [{ name: 'a', image: 'i' }] } };

function sceneWith(labels: Record<string, string>) {
  const scene = admissionScene();
  scene.given({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', labels } });
  return scene;
}
const baseline = { 'pod-security.kubernetes.io/enforce': 'baseline' };

describe('a namespace of level baseline', () => {
  it('lets no pod out of its container, and tells all ways that it would take', async () => {
    const scene = sceneWith(baseline);
    expect((await scene.refusal(scene.request(escaping))).message).toBe(
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": ' +
        [
          'forbidden AppArmor profile (pod and container "a" must not set AppArmor profile type to "Unconfined")',
          'non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
          'host namespaces (hostPID=true, hostIPC=true)',
          'hostPath volumes (volumes "h", "i")',
          'hostPort (containers "a", "b" use hostPorts 80, 81)',
          'probe or lifecycle host (containers "a", "b" use probe or lifecycle hosts "1.2.3.4", "g", "h")',
          'seLinuxOptions (pod and container "b" set forbidden securityContext.seLinuxOptions: types "bad", "worse"; user may not be set; role may not be set)',
          'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
          'forbidden sysctls (kernel.x)',
        ].join(', '),
    );
  });

  it('names the version that it is to hold for', async () => {
    const scene = sceneWith({ ...baseline, 'pod-security.kubernetes.io/enforce-version': 'v1.30' });
    const networked = { ...plain, spec: { hostNetwork: true, containers: [] } };
    expect((await scene.refusal(scene.request(networked))).message).toContain(
      'violates PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)',
    );
  });

  it('lets ordinary pods run', async () => {
    const scene = sceneWith(baseline);
    await expect(scene.admit(scene.request(plain))).resolves.toBeDefined();
  });
});

describe('a namespace of level restricted', () => {
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };

  it('demands care besides, in the words of the real one', async () => {
    const scene = sceneWith(restricted);
    const spec = escaping.spec as Record<string, unknown>;
    const [a, b] = spec.containers as Record<string, unknown>[];
    const reckless = {
      ...escaping,
      spec: {
        ...spec,
        volumes: [
          { name: 'h', hostPath: { path: '/' } },
          { name: 'n', nfs: { server: 'x', path: '/' } },
        ],
        securityContext: { runAsUser: 0, seccompProfile: { type: 'Unconfined' } },
        containers: [{ ...a, securityContext: { runAsNonRoot: false, capabilities: { add: ['CHOWN'] } } }, b],
      },
    };
    expect((await scene.refusal(scene.request(reckless))).message).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": ' +
        [
          'host namespaces (hostPID=true, hostIPC=true)',
          'hostPort (containers "a", "b" use hostPorts 80, 81)',
          'probe or lifecycle host (containers "a", "b" use probe or lifecycle hosts "1.2.3.4", "g", "h")',
          'seLinuxOptions (container "b" set forbidden securityContext.seLinuxOptions: type "worse")',
          'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false)',
          'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)',
          'restricted volume types (volumes "h", "n" use restricted volume types "hostPath", "nfs")',
          'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
          'runAsUser=0 (pod must not set runAsUser=0)',
          'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
        ].join(', '),
    );
  });

  it('tells what is only left out', async () => {
    const scene = sceneWith(restricted);
    expect((await scene.refusal(scene.request(plain))).message).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": ' +
        [
          'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
          'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])',
          'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
          'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
        ].join(', '),
    );
  });
});

it.each([{}, { 'pod-security.kubernetes.io/enforce': 'privileged' }])(
  'others let every pod run: %o',
  async (labels) => {
    const scene = sceneWith(labels as Record<string, string>);
    await expect(scene.admit(scene.request(escaping))).resolves.toBeDefined();
  },
);
