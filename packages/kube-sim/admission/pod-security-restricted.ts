/**
 * What the level `restricted` of Pod Security demands beyond `baseline`, of the newest version. Pods of Windows and in a
 * user namespace of their own (`hostUsers: false`) are held to it as all others are.
 * Source: Kubernetes, "Pod Security Standards"; `k8s.io/pod-security-admission/policy`.
 */
export type RestrictedContext = {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  seccompProfile?: { type: string };
};
type Container = { name: string; securityContext?: RestrictedContext };
type Pod = { securityContext?: RestrictedContext; volumes?: ({ name: string } & Record<string, unknown>)[] };

/** Checks of `baseline` in whose place a stricter one of this level comes. */
export const REPLACED: ReadonlySet<string> = new Set([
  'non-default capabilities',
  'hostPath volumes',
  'seccompProfile',
]);

const VOLUME_TYPES = new Set(
  'configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'.split(' '),
);
const PROFILES = new Set(['RuntimeDefault', 'Localhost']);

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const some = (word: string, many: readonly unknown[]) => (many.length === 1 ? word : `${word}s`);
const told = (containers: readonly Container[]) =>
  `${some('container', containers)} ${quoted(containers.map(({ name }) => name))}`;

/** Everything that is wrong, in the order and the words of the real one. */
export function restrictedProblems(pod: Pod, containers: readonly Container[]): string[] {
  return [
    escalation(containers),
    capabilities(containers),
    volumes(pod),
    nonRoot(pod, containers),
    user(pod, containers),
    seccomp(pod, containers),
  ].filter((problem) => problem !== undefined);
}

function escalation(containers: readonly Container[]): string | undefined {
  const bad = containers.filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return `allowPrivilegeEscalation != false (${told(bad)} must set securityContext.allowPrivilegeEscalation=false)`;
}

function capabilities(containers: readonly Container[]): string | undefined {
  const keeping = containers.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const added = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((one) => one !== 'NET_BIND_SERVICE');
  const adding = containers.filter((container) => added(container).length > 0);
  const names = [...new Set(adding.flatMap(added))].sort();
  const details = [
    ...(keeping.length > 0 ? [`${told(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${told(adding)} must not include ${quoted(names)} in securityContext.capabilities.add`]
      : []),
  ];
  return details.length === 0 ? undefined : `unrestricted capabilities (${details.join('; ')})`;
}

function volumes({ volumes: all = [] }: Pod): string | undefined {
  const typeOf = (volume: object) => Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
  const bad = all.filter((volume) => !VOLUME_TYPES.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(typeOf))].sort();
  const uses = bad.length === 1 ? 'uses' : 'use';
  return `restricted volume types (${some('volume', bad)} ${quoted(bad.map(({ name }) => name))} ${uses} ${some('restricted volume type', types)} ${quoted(types)})`;
}

/** `pod and container "a"`, of those that set something bad themselves. */
function setters(pod: boolean, containers: readonly Container[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [told(containers)] : [])].join(' and ');
}

function nonRoot(pod: Pod, containers: readonly Container[]): string | undefined {
  const ofPod = pod.securityContext?.runAsNonRoot;
  const bad = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === false);
  const who = setters(ofPod === false, bad);
  if (who !== '') return `runAsNonRoot != true (${who} must not set securityContext.runAsNonRoot=false)`;
  const silent = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (ofPod === true || silent.length === 0) return undefined;
  return `runAsNonRoot != true (pod or ${told(silent)} must set securityContext.runAsNonRoot=true)`;
}

function user(pod: Pod, containers: readonly Container[]): string | undefined {
  const bad = containers.filter(({ securityContext }) => securityContext?.runAsUser === 0);
  const who = setters(pod.securityContext?.runAsUser === 0, bad);
  return who === '' ? undefined : `runAsUser=0 (${who} must not set runAsUser=0)`;
}

function seccomp(pod: Pod, containers: readonly Container[]): string | undefined {
  const isBad = (type: string | undefined) => type !== undefined && !PROFILES.has(type);
  const ofPod = pod.securityContext?.seccompProfile?.type;
  const bad = containers.filter(({ securityContext }) => isBad(securityContext?.seccompProfile?.type));
  const who = setters(isBad(ofPod), bad);
  if (who !== '') {
    const types = [ofPod, ...bad.map(({ securityContext }) => securityContext?.seccompProfile?.type)].filter(isBad);
    const values = [...new Set(types.filter((type) => type !== undefined))].sort();
    return `seccompProfile (${who} must not set securityContext.seccompProfile.type to ${quoted(values)})`;
  }
  const silent = containers.filter(({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (ofPod !== undefined || silent.length === 0) return undefined;
  return `seccompProfile (pod or ${told(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
}
