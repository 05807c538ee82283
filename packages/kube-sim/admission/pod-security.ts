/**
 * Pod Security: what a namespace labelled `pod-security.kubernetes.io/enforce` lets no pod do. The levels `baseline` and
 * `restricted` (`pod-security-restricted.ts`) of the newest version; nothing is warned of or audited.
 * Source: Kubernetes, "Pod Security Standards"; `k8s.io/pod-security-admission/policy`.
 */
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin } from './admission.ts';
import { REPLACED, type RestrictedContext, restrictedProblems } from './pod-security-restricted.ts';
import { refused } from './request-matcher.ts';

const LABEL = 'pod-security.kubernetes.io/enforce';
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const CAPABILITIES = words(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT',
);
const SE_LINUX_TYPES = words('container_t container_init_t container_kvm_t container_engine_t');
const SYSCTLS = words(
  'kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem net.ipv4.tcp_slow_start_after_idle net.ipv4.tcp_notsent_lowat',
);

type Profile = { type: string };
type Handler = { httpGet?: { host?: string }; tcpSocket?: { host?: string } };
/** A pod's spec, or one of its containers. */
type Part = { name: string } & { [flag in 'hostNetwork' | 'hostPID' | 'hostIPC']?: boolean } & {
  [probe in 'livenessProbe' | 'readinessProbe' | 'startupProbe']?: Handler;
} & {
  volumes?: { name: string; hostPath?: object }[];
  ports?: { hostPort?: number }[];
  lifecycle?: { postStart?: Handler; preStop?: Handler };
  securityContext?: RestrictedContext & {
    privileged?: boolean;
    appArmorProfile?: Profile;
    seLinuxOptions?: { type?: string; user?: string; role?: string };
    sysctls?: { name: string }[];
  };
};
type Pod = Part & { [list in 'initContainers' | 'containers' | 'ephemeralContainers']?: Part[] };

export function podSecurity(store: Store): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    validate(request) {
      const { type, operation, object, subresource = 'ephemeralcontainers', namespace } = request;
      if (type.storage !== 'pods' || !object || subresource !== 'ephemeralcontainers') return;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      const labels = store.get('namespaces', '', namespace)?.object.metadata.labels;
      const level = labels?.[LABEL] ?? 'privileged';
      const problems = level === 'privileged' ? [] : problemsOf(object.spec as Pod, level === 'restricted');
      if (problems.length === 0) return;
      const version = labels?.[`${LABEL}-version`] ?? 'latest';
      throw refused(request, `violates PodSecurity "${level}:${version}": ${problems.join(', ')}`);
    },
  };
}

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const some = (word: string, many: readonly unknown[]) => (many.length === 1 ? word : `${word}s`);
const unconfined = (profile: Profile | undefined) => (profile?.type === 'Unconfined' ? [profile.type] : []);

/** Who does something bad, as in `pod and container "a"`, who `use`s it, and what it is. */
type Found = { who: string; use: string; values: readonly string[] };
type Check = { bad(part: Part): readonly string[]; told(found: Found): string };

/** By the reason, in the order in which they are told. */
const BASELINE: Readonly<Record<string, Check>> = {
  'forbidden AppArmor profile': {
    bad: ({ securityContext }) => unconfined(securityContext?.appArmorProfile),
    told: ({ who, values }) => `${who} must not set AppArmor profile type to ${quoted(values)}`,
  },
  'non-default capabilities': {
    bad: ({ securityContext }) => (securityContext?.capabilities?.add ?? []).filter((one) => !CAPABILITIES.has(one)),
    told: ({ who, values }) =>
      `${who} must not include ${quoted(values.toSorted())} in securityContext.capabilities.add`,
  },
  'host namespaces': {
    bad: (pod) => (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => pod[key]),
    told: ({ values }) => values.map((key) => `${key}=true`).join(', '),
  },
  'hostPath volumes': {
    bad: ({ volumes = [] }) => volumes.flatMap(({ name, hostPath }) => (hostPath ? [name] : [])),
    told: ({ values }) => `${some('volume', values)} ${quoted(values)}`,
  },
  hostPort: {
    bad: ({ ports = [] }) => ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : [])),
    told: ({ who, use, values }) => `${who} ${use} ${some('hostPort', values)} ${values.toSorted().join(', ')}`,
  },
  'probe or lifecycle host': {
    bad: ({ livenessProbe, readinessProbe, startupProbe, lifecycle }) =>
      [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
        .flatMap((handler) => [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? ''])
        .filter((host) => host !== ''),
    told: ({ who, use, values }) =>
      `${who} ${use} ${some('probe or lifecycle host', values)} ${quoted(values.toSorted())}`,
  },
  privileged: {
    bad: ({ securityContext }) => (securityContext?.privileged ? ['true'] : []),
    told: ({ who }) => `${who} must not set securityContext.privileged=true`,
  },
  seLinuxOptions: {
    bad({ securityContext }) {
      const { type = '', user, role } = securityContext?.seLinuxOptions ?? {};
      const types = type === '' || SE_LINUX_TYPES.has(type) ? [] : [`"${type}"`];
      return [...types, ...(user ? ['user'] : []), ...(role ? ['role'] : [])];
    },
    told({ who, values }) {
      const types = values.filter((value) => value.startsWith('"')).sort();
      const set = ['user', 'role'].filter((field) => values.includes(field)).map((field) => `${field} may not be set`);
      const all = types.length > 0 ? [`${some('type', types)} ${types.join(', ')}`, ...set] : set;
      return `${who} set forbidden securityContext.seLinuxOptions: ${all.join('; ')}`;
    },
  },
  seccompProfile: {
    bad: ({ securityContext }) => unconfined(securityContext?.seccompProfile),
    told: ({ who, values }) => `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  },
  'forbidden sysctls': {
    bad: ({ securityContext }) =>
      (securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !SYSCTLS.has(name)),
    told: ({ values }) => values.join(', '),
  },
};

function problemsOf(pod: Pod, restricted: boolean): string[] {
  const containers = [...(pod.initContainers ?? []), ...(pod.containers ?? []), ...(pod.ephemeralContainers ?? [])];
  const checks = Object.entries(BASELINE).filter(([reason]) => !restricted || !REPLACED.has(reason));
  const problems = checks.flatMap(([reason, { bad, told }]) => {
    const values = [...new Set([pod, ...containers].flatMap(bad))];
    if (values.length === 0) return [];
    const names = containers.filter((container) => bad(container).length > 0).map(({ name }) => name);
    const theirs = names.length > 0 ? [`${some('container', names)} ${quoted(names)}`] : [];
    const who = [...(bad(pod).length > 0 ? ['pod'] : []), ...theirs].join(' and ');
    return [`${reason} (${told({ who, use: names.length === 1 ? 'uses' : 'use', values })})`];
  });
  return restricted ? [...problems, ...restrictedProblems(pod, containers)] : problems;
}
