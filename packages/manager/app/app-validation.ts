/** `apps:validate`: everything a create would do, short of doing it. */
import { appSpec } from '@kubenova/domain/app-spec.ts';
import { appNamespace, nameProblem } from '@kubenova/domain/names.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { ApiError } from '@kubenova/knapi/errors.ts';
import type { AppCreate, AppValidation, ProblemError } from '@kubenova/knapi/schemas.ts';
import { appState, deployabilityProblems, isRenderedByAgent } from './app-checks.ts';
import { takenBy } from './apps.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { requirePlacement } from './placements.ts';

/** Stands for the id that a create would draw. */
const NO_ID = '00000000-0000-4000-8000-000000000000';

export async function validateApp(context: Context, body: AppCreate): Promise<Outcome<AppValidation>> {
  const { tenant, project } = context.target;
  const namespace = appNamespace({ tenant: tenant.name, project: project.name, app: body.name });
  const facts = { id: NO_ID, name: body.name, namespace, generation: 1, revision: 1 };
  const spec = appSpec(body);
  const problems = [...deployabilityProblems(context, facts, spec)];
  const name = nameProblem(body.name) ?? (await takenBy(context, body.name, namespace));
  if (name !== undefined) problems.push({ pointer: '/name', detail: name });
  problems.push(...placeProblems(context));
  const rendered = isRenderedByAgent(spec.source.kind) ? undefined : renderApplication(appState(context, facts, spec));
  return ok({ application: rendered?.ok === true ? { ...rendered.application } : null, problems: distinct(problems) });
}

function placeProblems(context: Context): ProblemError[] {
  try {
    requirePlacement(context);
    return [];
  } catch (error) {
    if (error instanceof ApiError) return [{ pointer: '', detail: error.detail }];
    throw error;
  }
}

function distinct(problems: readonly ProblemError[]): ProblemError[] {
  const seen = new Map(problems.map((problem) => [`${problem.pointer}\n${problem.detail}`, problem]));
  return [...seen.values()];
}
