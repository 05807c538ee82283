/** What must hold of an App's spec beyond its schema, before anything is stored. */
import type { AppState } from '@kubenova/domain/app-state.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { sourceProblems } from '@kubenova/domain/source-problems.ts';
import { ApiError } from '@kubenova/knapi/errors.ts';
import type { AppPatch, AppSpec, AppUpdate, ProblemError, SourceKind } from '@kubenova/knapi/schemas.ts';
import type { Context } from './context.ts';
import { mergePatch } from './merge-patch.ts';
import { parseBody } from './schema.ts';

export interface AppFacts {
  id: string;
  name: string;
  namespace: string;
  generation: number;
  revision: number;
}

/** The desired state that the Agent would be given. */
export function appState(context: Context, facts: AppFacts, spec: AppSpec): AppState {
  const { cluster, tenant, project } = context.target;
  return {
    id: facts.id,
    name: facts.name,
    namespace: facts.namespace,
    cluster: cluster.name,
    tenant: { id: tenant.id, name: tenant.name },
    project: { id: project.id, name: project.name },
    generation: facts.generation,
    revision: facts.revision,
    spec,
  };
}

/**
 * Everything that stands against deploying a spec, with pointers into the body. What can be rendered here is rendered now,
 * so that what the guard refuses is refused at once; charts wait for the Agent.
 */
export function deployabilityProblems(context: Context, facts: AppFacts, spec: AppSpec): ProblemError[] {
  if (isRenderedByAgent(spec.source.kind)) return [...sourceProblems(spec, { namespace: facts.namespace })];
  const rendered = renderApplication(appState(context, facts, spec));
  return rendered.ok ? [] : [...rendered.problems];
}

/** Charts and repositories are fetched and rendered on the cluster's side. */
export function isRenderedByAgent(kind: SourceKind): boolean {
  return kind === 'helmHttp' || kind === 'helmOci' || kind === 'gitRepo';
}

/** @throws ApiError KN-422 with every problem */
export function requireDeployable(context: Context, facts: AppFacts, spec: AppSpec): void {
  const errors = deployabilityProblems(context, facts, spec);
  if (errors.length === 0) return;
  throw new ApiError('KN-422', `The app cannot be deployed as it stands. ${errors[0]?.detail ?? ''}`, { errors });
}

/**
 * Applies a merge patch to a spec and checks the result against the schema of a whole update. A patch that names another
 * kind of source replaces the source, since merging two kinds would leave both members.
 *
 * @throws ApiError KN-422 with pointers into the merged result
 */
export function parsePatchedApp(current: AppSpec, patch: AppPatch): AppUpdate {
  const kind = patch.source?.kind;
  const base = kind === undefined || kind === current.source.kind ? current : { ...current, source: {} };
  return parseBody('putApp', mergePatch(base, patch)) as AppUpdate;
}
