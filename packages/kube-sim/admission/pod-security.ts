/**
 * Pod Security: what a namespace labelled `pod-security.kubernetes.io/enforce` lets no pod do. The level `baseline` of
 * the newest version; `restricted` holds as `baseline` does, and nothing is warned of or audited.
 * Source: Kubernetes, "Pod Security Standards"; `k8s.io/pod-security-admission/policy`.
 */
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin } from './admission.ts';
import { refused } from './request-matcher.ts';
import type { AdmittedPodSpec } from './resource-list.ts';

const LABEL = 'pod-security.kubernetes.io/enforce';
const CAPABILITIES: ReadonlySet<string> = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);
const SE_LINUX_TYPES: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);
const SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  ...'ip_local_port_range tcp_syncookies ping_group_range ip_unprivileged_port_start ip_local_reserved_ports tcp_keepalive_time tcp_fin_timeout tcp_keepalive_intvl tcp_keepalive_probes tcp_rmem tcp_wmem tcp_slow_start_after_idle tcp_notsent_lowat'
    .split(' ')
    .map((name) => `net.ipv4.${name}`),
]);

type Security = {
  privileged?: boolean;
  capabilities?: { add?: string[] };
  appArmorProfile?: { type: string };
  seccompProfile?: { type: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  sysctls?: { name: string }[];
};
type Handler = { httpGet?: { host?: string }; tcpSocket?: { host?: string } };
type Part = { name: string; ports?: { hostPort?: number }[]; securityContext?: Security } & Record<string, unknown>;
type Pod = {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: Security;
  ephemeralContainers?: Part[];
};

export function podSecurity(store: Store): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    validate(request) {
      const { type, operation, object, subresource, namespace } = request;
      if (type.storage !== 'pods' || !object || (subresource !== undefined && subresource !== 'ephemeralcontainers'))
        return;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      const labels = store.get('namespaces', '', namespace)?.object.metadata.labels;
      const level = labels?.[LABEL] ?? 'privileged';
      if (level === 'privileged') return;
      const problems = problemsOf(object.spec as AdmittedPodSpec);
      if (problems.length === 0) return;
      throw refused(
        request,
        `violates PodSecurity "${level}:${labels?.[`${LABEL}-version`] ?? 'latest'}": ${problems.join(', ')}`,
      );
    },
  };
}

const quoted = (names: Iterable<string>) => [...names].map((name) => `"${name}"`).join(', ');
const sorted = (values: readonly string[]) => [...new Set(values)].sort();
const plural = (word: string, many: readonly unknown[]) => (many.length === 1 ? word : `${word}s`);

/** In the order in which they are told. */
function problemsOf(spec: AdmittedPodSpec): string[] {
  const pod = spec as Pod;
  const parts = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(pod.ephemeralContainers ?? []),
  ] as unknown as Part[];
  const problems: string[] = [];
  const tell = (reason: string, detail: string) => void problems.push(`${reason} (${detail})`);
  const named = (of: readonly Part[]) => `${plural('container', of)} ${quoted(of.map(({ name }) => name))}`;
  /** Who sets something bad, and what. */
  const setters = (bad: (context: Security) => string[], of = parts) => {
    const own = pod.securityContext && bad(pod.securityContext).length > 0 ? ['pod'] : [];
    const culprits = of.filter(({ securityContext }) => securityContext && bad(securityContext).length > 0);
    const contexts = [pod, ...of].flatMap(({ securityContext }) => securityContext ?? []);
    const who = [...own, ...(culprits.length > 0 ? [named(culprits)] : [])].join(' and ');
    return { who, culprits, values: sorted(contexts.flatMap(bad)) };
  };

  const appArmor = setters(({ appArmorProfile: of }) => (of?.type === 'Unconfined' ? [of.type] : []));
  if (appArmor.who)
    tell(
      plural('forbidden AppArmor profile', appArmor.values),
      `${appArmor.who} must not set AppArmor profile type to ${quoted(appArmor.values)}`,
    );

  const added = setters(({ capabilities }) => (capabilities?.add ?? []).filter((one) => !CAPABILITIES.has(one)));
  if (added.culprits.length > 0)
    tell(
      'non-default capabilities',
      `${added.who} must not include ${quoted(added.values)} in securityContext.capabilities.add`,
    );

  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => pod[key]);
  if (shared.length > 0) tell('host namespaces', shared.map((key) => `${key}=true`).join(', '));

  const paths = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => String(name));
  if (paths.length > 0) tell('hostPath volumes', `${plural('volume', paths)} ${quoted(paths)}`);

  const uses = (of: readonly Part[]) => `${named(of)} ${of.length === 1 ? 'uses' : 'use'}`;
  const portsOf = ({ ports = [] }: Part) => ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const open = parts.filter((part) => portsOf(part).length > 0);
  const ports = sorted(open.flatMap(portsOf));
  if (open.length > 0) tell('hostPort', `${uses(open)} ${plural('hostPort', ports)} ${ports.join(', ')}`);

  const reaching = parts.filter((part) => hostsOf(part).length > 0).sort((a, b) => (a.name < b.name ? -1 : 1));
  const hosts = sorted(reaching.flatMap(hostsOf));
  if (reaching.length > 0)
    tell('probe or lifecycle host', `${uses(reaching)} ${plural('probe or lifecycle host', hosts)} ${quoted(hosts)}`);

  const privileged = parts.filter(({ securityContext }) => securityContext?.privileged);
  if (privileged.length > 0) tell('privileged', `${named(privileged)} must not set securityContext.privileged=true`);

  const wrong = ({ seLinuxOptions: of }: Security) => (of && !SE_LINUX_TYPES.has(of.type ?? '') ? [of.type ?? ''] : []);
  const types = setters(wrong).values;
  const fields = setters(({ seLinuxOptions: of }) => (['user', 'role'] as const).filter((field) => of?.[field])).values;
  const all = setters((of) => [
    ...wrong(of),
    ...(['user', 'role'] as const).filter((field) => of.seLinuxOptions?.[field]),
  ]);
  if (all.who) {
    const told = types.length > 0 ? [`${plural('type', types)} ${quoted(types)}`] : [];
    const set = fields.reverse().map((field) => `${field} may not be set`);
    tell('seLinuxOptions', `${all.who} set forbidden securityContext.seLinuxOptions: ${[...told, ...set].join('; ')}`);
  }

  const seccomp = setters(({ seccompProfile: of }) => (of?.type === 'Unconfined' ? [of.type] : []));
  if (seccomp.who)
    tell(
      'seccompProfile',
      `${seccomp.who} must not set securityContext.seccompProfile.type to ${quoted(seccomp.values)}`,
    );

  const sysctls = (pod.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !SYSCTLS.has(name));
  if (sysctls.length > 0) tell('forbidden sysctls', sysctls.join(', '));
  return problems;
}

function hostsOf(part: Part): string[] {
  const { postStart, preStop } = (part.lifecycle ?? {}) as { postStart?: Handler; preStop?: Handler };
  const probes = [part.livenessProbe, part.readinessProbe, part.startupProbe] as (Handler | undefined)[];
  return [...probes, postStart, preStop]
    .flatMap((one) => [one?.httpGet?.host ?? '', one?.tcpSocket?.host ?? ''])
    .filter((host) => host !== '');
}
