/**
 * What a cluster can do for KubeNova, as people read it: which parts are installed, which version, and what to do about
 * what is missing. It is put together from what the cluster's reconciler keeps: its conditions, which say how each part
 * is now, and facts that hardly ever change. Nothing is guessed: what cannot be seen is null, and the message says so.
 */
import type { Capability, Condition } from '@kubenova/knapi/schemas.ts';
import { findCondition } from './conditions.ts';

/** The oldest Kubernetes that has ValidatingAdmissionPolicy as a stable API. */
export const MINIMUM_KUBERNETES = '1.30';

/** What a thorough look at a cluster found; `null` where the cluster does not tell. */
export interface ClusterFacts {
  /** Versions as their installations name them. */
  versions: { capsule: string | null; capsuleProxy: string | null; vela: string | null; agent: string | null };
  vela: {
    /** Whether vela-core runs with `AuthenticateApplication=true`; null where its Deployment cannot be read. */
    authentication: boolean | null;
    /** `ComponentDefinition webservice` and the like that KubeNova renders to. */
    missingDefinitions: string[];
  };
  policies: {
    version: string | null;
    /** Admission policies of KubeNova's baseline that are not there. */
    missing: string[];
  };
  /** Kinds of Kyverno's policies that are served; empty where Kyverno is not installed. */
  kyvernoKinds: string[];
  /** Whether the cluster serves `metrics.k8s.io`. */
  metrics: boolean;
}

export interface ClusterKnowledge {
  kubernetesVersion: string | null;
  conditions: readonly Condition[];
  /** Absent until the cluster was looked at for the first time. */
  facts: ClusterFacts | undefined;
}

const NOT_YET = 'It has not been looked at yet; see the condition Reachable of the cluster.';

/** Every capability, those that KubeNova cannot do without first. */
export function clusterCapabilities(known: ClusterKnowledge): Capability[] {
  const { facts } = known;
  return [
    kubernetes(known),
    withVersion(
      ofCondition(known, 'CapsuleReady', { name: 'capsule', title: 'Capsule', required: true }),
      facts?.versions.capsule,
    ),
    withVersion(
      ofCondition(known, 'CapsuleProxyReady', { name: 'capsule-proxy', title: 'capsule-proxy', required: true }),
      facts?.versions.capsuleProxy,
    ),
    withVersion(vela(known), facts?.versions.vela),
    withVersion(
      ofCondition(known, 'AgentReady', { name: 'agent', title: 'KubeNova Agent', required: true }),
      facts?.versions.agent,
    ),
    policies(known),
    kyverno(facts),
    metrics(facts),
  ];
}

type Heading = Pick<Capability, 'name' | 'title' | 'required'>;

function kubernetes({ kubernetesVersion }: ClusterKnowledge): Capability {
  const heading: Heading = { name: 'kubernetes', title: 'Kubernetes', required: true };
  if (kubernetesVersion === null) return { ...heading, installed: null, ready: null, message: NOT_YET };
  const recent = isAtLeast(kubernetesVersion, MINIMUM_KUBERNETES);
  const common = { ...heading, installed: true, ready: recent, version: kubernetesVersion };
  if (recent === true)
    return { ...common, message: `Kubernetes ${MINIMUM_KUBERNETES} or newer is needed, and is there.` };
  if (recent === null)
    return { ...common, message: `Whether it is ${MINIMUM_KUBERNETES} or newer cannot be told from its version.` };
  const needed = `Kubernetes ${MINIMUM_KUBERNETES} or newer`;
  return { ...common, message: `Upgrade it: KubeNova needs ${needed}.`, missing: [needed] };
}

/** A part whose condition says how it is. */
function ofCondition({ conditions }: ClusterKnowledge, type: string, heading: Heading): Capability {
  const condition = findCondition(conditions, type);
  if (condition === undefined) return { ...heading, installed: null, ready: null, message: NOT_YET };
  const { status, reason, message } = condition;
  if (status === 'Unknown') return { ...heading, installed: null, ready: null, message };
  if (status === 'True') return { ...heading, installed: true, ready: true, message };
  return { ...heading, installed: installedDespite(reason), ready: false, message };
}

/** Whether a part is there whose condition is false for this reason; null where what does not answer may not be there. */
function installedDespite(reason: string): boolean | null {
  if (reason === 'NotInstalled') return false;
  const silent = ['Unreachable', 'Timeout', 'Certificate', 'Protocol', 'WrongAnswer'];
  return silent.includes(reason) ? null : true;
}

function withVersion(capability: Capability, version: string | null | undefined): Capability {
  if (version !== undefined && version !== null) return { ...capability, version };
  if (capability.installed !== true) return capability;
  const unseen = 'Its version cannot be seen: nothing on the cluster that KubeNova may read bears it.';
  return { ...capability, message: `${capability.message} ${unseen}` };
}

function vela(known: ClusterKnowledge): Capability {
  const seen = ofCondition(known, 'VelaReady', { name: 'kubevela', title: 'KubeVela', required: true });
  const { facts } = known;
  if (facts === undefined || seen.installed !== true) return seen;
  const missing = [...facts.vela.missingDefinitions];
  const { authentication } = facts.vela;
  if (authentication === false) {
    missing.push('--feature-gates=AuthenticateApplication=true');
    const message =
      'vela-core runs without AuthenticateApplication, so that whoever writes an Application may act as anybody. Start it with --feature-gates=AuthenticateApplication=true.';
    return { ...seen, ready: false, message, missing };
  }
  const gate =
    authentication === null
      ? 'Whether it runs with AuthenticateApplication=true cannot be seen from here: check its arguments.'
      : 'It runs with AuthenticateApplication=true.';
  return { ...seen, message: `${seen.message} ${gate}`, ...(missing.length === 0 ? {} : { missing }) };
}

function policies({ conditions, facts }: ClusterKnowledge): Capability {
  const heading: Heading = { name: 'policies', title: "KubeNova's roles and admission policies", required: true };
  const baseline = findCondition(conditions, 'BaselineReady');
  if (facts === undefined || baseline === undefined)
    return { ...heading, installed: null, ready: null, message: NOT_YET };
  const { missing, version } = facts.policies;
  const ready = baseline.status === 'Unknown' ? null : baseline.status === 'True' && missing.length === 0;
  return {
    ...heading,
    installed: missing.length === 0,
    ready,
    ...(version === null ? {} : { version }),
    message: baseline.message,
    ...(missing.length === 0 ? {} : { missing }),
  };
}

function kyverno(facts: ClusterFacts | undefined): Capability {
  const heading: Heading = { name: 'kyverno', title: 'Kyverno', required: false };
  if (facts === undefined) return { ...heading, installed: null, ready: null, message: NOT_YET };
  if (facts.kyvernoKinds.length > 0) {
    return { ...heading, installed: true, ready: true, message: `It serves ${facts.kyvernoKinds.join(', ')}.` };
  }
  const message = 'Policies that are enforced by Kyverno cannot be used here. Install Kyverno if you want them.';
  return { ...heading, installed: false, ready: false, message };
}

function metrics(facts: ClusterFacts | undefined): Capability {
  const heading: Heading = { name: 'metrics', title: 'Metrics API', required: false };
  if (facts === undefined) return { ...heading, installed: null, ready: null, message: NOT_YET };
  if (facts.metrics) return { ...heading, installed: true, ready: true, message: 'What pods use is measured.' };
  const message = 'What pods use is not measured, only what they request. Install metrics-server (metrics.k8s.io).';
  return { ...heading, installed: false, ready: false, message };
}

/** Compares the leading `major.minor`; null when the version has none. */
function isAtLeast(version: string, minimum: string): boolean | null {
  const numbers = (text: string) => /^v?(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  const [major, minor] = numbers(version) ?? [];
  const [neededMajor = 0, neededMinor = 0] = numbers(minimum) ?? [];
  if (major === undefined || minor === undefined) return null;
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}
