/**
 * What is wrong with an App's spec beyond what the contract's schema can say. Each problem has a JSON pointer into the
 * body and a sentence that says what to do.
 */
import type { ProblemError, SecretRef } from '@kubenova/knapi/schemas.ts';
import { type AppSpec, DEPLOYABLE_KINDS } from './app-spec.ts';
import { MAX_APP_STATE_BYTES } from './app-state.ts';
import { containerProblems } from './container-problems.ts';
import { isReservedLabel } from './labels.ts';
import { CREDENTIALS_NAMESPACE } from './names.ts';
import { kubeManifestObjects } from './render/kube-manifest.ts';
import { traitProblems } from './trait-problems.ts';

/** What a check needs to know of the App besides its spec. */
export interface SourceContext {
  /** The App's namespace. */
  namespace: string;
}

/** Every problem of a spec; what a create, an update and a validation answer with 422. */
export function sourceProblems(spec: AppSpec, context: SourceContext): ProblemError[] {
  const problems = specProblems(spec, context);
  const { source } = spec;
  if (source.kind !== 'kubeManifest') return problems;
  return [...problems, ...kubeManifestObjects(source.kubeManifest, context.namespace).problems];
}

/** The same without looking at the objects of a `kubeManifest`, which rendering does. */
export function specProblems(spec: AppSpec, context: SourceContext): ProblemError[] {
  const { source } = spec;
  const problems = [...labelProblems(spec), ...traitProblems(spec)];
  if (!DEPLOYABLE_KINDS.has(source.kind)) {
    const known = [...DEPLOYABLE_KINDS].join(', ');
    problems.push({
      pointer: '/source/kind',
      detail: `Sources of kind ${source.kind} cannot be deployed yet; use one of ${known}.`,
    });
  }
  const bytes = Buffer.byteLength(JSON.stringify(spec));
  if (bytes > MAX_APP_STATE_BYTES - 10_000) {
    problems.push({
      pointer: '/source',
      detail: `The App has ${bytes} bytes as JSON; keep it below ${MAX_APP_STATE_BYTES - 10_000}, or split it into several Apps.`,
    });
  }
  switch (source.kind) {
    case 'containerImage':
      problems.push(
        ...containerProblems(source.containerImage),
        ...secretRefProblems(source.containerImage.credentialsSecretRef, source.kind, context, false),
      );
      break;
    case 'helmHttp':
      problems.push(...secretRefProblems(source.helmHttp.credentialsSecretRef, source.kind, context, true));
      break;
    case 'helmOci':
      problems.push(...secretRefProblems(source.helmOci.credentialsSecretRef, source.kind, context, true));
      break;
    case 'gitRepo':
      problems.push(...secretRefProblems(source.gitRepo.credentialsSecretRef, source.kind, context, true));
      break;
    default:
      break;
  }
  return problems;
}

function labelProblems(spec: AppSpec): ProblemError[] {
  return Object.keys(spec.labels)
    .filter(isReservedLabel)
    .map((key) => ({
      pointer: `/labels/${escapePointer(key)}`,
      detail: `Labels under ${key.split('/')[0]} have a meaning of their own; choose another key than ${key}.`,
    }));
}

/**
 * A SecretRef may name the App's own namespace or the cluster's shared credentials, and never a sandbox, whose Secrets
 * anybody in the tenant may write.
 */
function secretRefProblems(
  ref: SecretRef | undefined,
  kind: string,
  context: SourceContext,
  shared: boolean,
): ProblemError[] {
  if (ref?.namespace === undefined || ref.namespace === context.namespace) return [];
  if (ref.namespace === CREDENTIALS_NAMESPACE && shared) return [];
  const pointer = `/source/${kind}/credentialsSecretRef/namespace`;
  if (ref.namespace === CREDENTIALS_NAMESPACE) {
    const detail = `Pull secrets have to lie in the App's own namespace (${context.namespace}) for now.`;
    return [{ pointer, detail }];
  }
  const allowed = shared ? `${context.namespace} or ${CREDENTIALS_NAMESPACE}` : context.namespace;
  return [{ pointer, detail: `A credential may not lie in the namespace ${ref.namespace}; use ${allowed}.` }];
}

/** Escapes one token of a JSON pointer (RFC 6901). */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
