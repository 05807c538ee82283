/**
 * How the admission policies of a cluster differ from those of this version. A policy is compared whole and not only in
 * what is asked for: one match condition more, or a binding that is narrowed to one namespace, switches it off.
 */
import { canonicalJson } from '../canonical-json.ts';
import { POLICIES_VERSION } from '../labels.ts';
import { isRecord, type Manifest } from '../manifest.ts';
import { firstDifference } from '../plan.ts';
import { ADMISSION_VERSION } from './policy-objects.ts';

const KINDS: ReadonlySet<string> = new Set(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']);

/** True for a policy or a binding of one. */
export function isAdmissionPolicy({ kind }: { kind?: unknown }): boolean {
  return typeof kind === 'string' && KINDS.has(kind);
}

export interface PolicyDrift {
  desired: Manifest;
  observed?: Manifest;
  /** `newer`: a later version of KubeNova wrote it, and this one leaves it as it is. */
  kind: 'missing' | 'older' | 'altered' | 'newer';
  /** What was found, to go behind the object's title. */
  message: string;
}

/**
 * @param observed policies and bindings of the cluster, ours and others'
 * @param desired those of this version, as `admissionPolicies` gives them
 */
export function policyDrift(observed: readonly Manifest[], desired: readonly Manifest[]): PolicyDrift[] {
  const byKey = new Map(observed.map((object) => [keyOf(object), object]));
  return desired.flatMap((wanted) => {
    const found = byKey.get(keyOf(wanted));
    const drift = found === undefined ? missing : driftOf(found, wanted);
    return drift === undefined ? [] : [{ desired: wanted, ...(found && { observed: found }), ...drift }];
  });
}

/** Policies that an earlier version put there and this one does not have; `observed` bears our label. */
export function leftoverPolicies(observed: readonly Manifest[], desired: readonly Manifest[]): Manifest[] {
  const wanted = new Set(desired.map(keyOf));
  return observed.filter(
    (object) => isAdmissionPolicy(object) && !wanted.has(keyOf(object)) && versionOf(object) <= ADMISSION_VERSION,
  );
}

const missing = { kind: 'missing', message: 'is not there' } as const;

function driftOf(observed: Manifest, desired: Manifest): Pick<PolicyDrift, 'kind' | 'message'> | undefined {
  const version = versionOf(observed);
  if (version > ADMISSION_VERSION) return { kind: 'newer', message: `is of version ${version}` };
  if (version < ADMISSION_VERSION) {
    return { kind: 'older', message: version === 0 ? 'is of the version before versions' : `is of version ${version}` };
  }
  if (canonicalJson(observed.spec) !== canonicalJson(desired.spec)) {
    return { kind: 'altered', message: `was altered: ${alteration(observed.spec, desired.spec)}` };
  }
  const of = ({ metadata: { labels = {} } }: Manifest) => ({ metadata: { labels } });
  const labels = firstDifference(of(desired), of(observed));
  return labels === undefined ? undefined : { kind: 'altered', message: `was altered: ${labels}` };
}

/** Where the two differ first: what is lacking or different, else the field that is too many. */
function alteration(observed: unknown, desired: unknown): string {
  const lacking = firstDifference({ spec: desired }, { spec: observed });
  if (lacking !== undefined) return lacking;
  return firstDifference({ spec: observed }, { spec: desired }) ?? extraField(observed, desired, 'spec') ?? 'spec';
}

/** A field that only `observed` has; an empty object says nothing to `firstDifference`. */
function extraField(observed: unknown, desired: unknown, path: string): string | undefined {
  if (!isRecord(observed) || !isRecord(desired)) return undefined;
  for (const [key, value] of Object.entries(observed)) {
    if (!(key in desired)) return `${path}.${key}`;
    const within = extraField(value, desired[key], `${path}.${key}`);
    if (within !== undefined) return within;
  }
  return undefined;
}

function versionOf(object: Manifest): number {
  const version = Number(object.metadata.annotations?.[POLICIES_VERSION] ?? 0);
  return Number.isSafeInteger(version) ? version : 0;
}

function keyOf(object: Manifest): string {
  return `${object.kind}/${object.metadata.name}`;
}
