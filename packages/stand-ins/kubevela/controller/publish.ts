/**
 * From the Application as it stands in the cluster to the version that is to be deployed: its definitions, its
 * ApplicationRevision, and the workflow that starts anew when the version is another.
 */
import { isKubeError } from '@kubenova/kube/error.ts';
import { publishVersionOf } from '../model/application.ts';
import { conditionsForRestart } from '../model/conditions.ts';
import { leftOutPolicy } from '../model/policies.ts';
import {
  chooseRevision,
  type Definitions,
  newRevision,
  type ApplicationRevision as Revision,
  revisionHash,
  revisionNumber,
} from '../model/revision.ts';
import { workflowProblem } from '../model/steps.ts';
import { label } from '../model/vocabulary.ts';
import { finishWorkflow, startWorkflow } from '../model/workflow.ts';
import { findDefinitions } from './definition-store.ts';
import { ApplicationRevision, ConfigMap } from './kinds.ts';
import { endWithProblem, type Run, succeed, writeStatus } from './run.ts';

/** Walks the conditions Parsed, Revision, Policy and Render. @throws ReconcileProblem at the first that fails */
export async function publish(run: Run): Promise<void> {
  const latest = await latestRevision(run);
  const publishVersion = publishVersionOf(run.app);
  const isPublished = latest !== undefined && publishVersion !== '' && publishVersionOf(latest) === publishVersion;
  // A spec that changed under the same publishVersion is not looked at: the one that was published stays in force.
  if (isPublished) run.app = { ...run.app, spec: latest.spec.application.spec };
  const definitions = isPublished ? frozenDefinitions(latest) : await parse(run);
  succeed(run, 'Parsed');
  run.events.normal(run.app, 'Parsed');
  if (isPublished) run.revision = latest;
  else await prepareRevision(run, definitions);
  succeed(run, 'Revision');
  run.events.normal(run.app, 'Revisioned');
  await checkPolicies(run);
  succeed(run, 'Policy');
  run.events.normal(run.app, 'PolicyGenerated');
  await restartIfNew(run, latest);
  const problem = workflowProblem(run.app);
  if (problem) return endWithProblem(run, 'Workflow', problem, 'workflowFailed');
  succeed(run, 'Render');
  run.events.normal(run.app, 'Rendered');
}

async function latestRevision(run: Run): Promise<Revision | undefined> {
  const name = run.status.latestRevision?.name;
  if (name === undefined) return undefined;
  const found = await run.client.find(ApplicationRevision, { name, namespace: run.app.metadata.namespace });
  if (found) return found;
  const text = `applicationrevisions.core.oam.dev "${name}" not found`;
  return endWithProblem(run, 'Revision', `fail to get latest app revision ${name}: ${text}`, 'rendering');
}

function frozenDefinitions(revision: Revision): Definitions {
  const { componentDefinitions, traitDefinitions, workflowStepDefinitions = {} } = revision.spec;
  return { components: componentDefinitions, traits: traitDefinitions, steps: workflowStepDefinitions };
}

async function parse(run: Run): Promise<Definitions> {
  const found = await findDefinitions(run.client, run.app);
  return 'problem' in found ? endWithProblem(run, 'Parsed', found.problem, 'rendering') : found;
}

async function prepareRevision(run: Run, definitions: Definitions): Promise<void> {
  const { app, client } = run;
  const namespace = app.metadata.namespace;
  const labelSelector = `${label.appName}=${app.metadata.name}`;
  const { items } = await client.list(ApplicationRevision, { namespace, labelSelector });
  const hash = revisionHash(app, definitions);
  const choice = chooseRevision(app, hash, items);
  run.revision = choice.existing ?? (await createRevision(run, newRevision(app, choice.name, hash, definitions)));
  if (!choice.isNew) return;
  run.status = {
    ...run.status,
    latestRevision: { name: choice.name, revision: revisionNumber(choice.name), revisionHash: hash },
  };
  await writeStatus(run, 'rendering');
}

async function createRevision(run: Run, revision: Revision): Promise<Revision> {
  try {
    return await run.client.create(ApplicationRevision, revision);
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    // The status that named it was not written, or somebody went back by hand: the number is used again.
    const { name, namespace } = revision.metadata;
    const existing = await run.client.get(ApplicationRevision, { name, namespace });
    const metadata = { ...revision.metadata, resourceVersion: existing.metadata.resourceVersion };
    return run.client.replace(ApplicationRevision, { ...revision, metadata });
  }
}

/** What a policy would do and this stand-in does not is refused instead of being left out in silence. */
async function checkPolicies(run: Run): Promise<void> {
  const problem = leftOutPolicy(run.app);
  if (problem !== undefined) await endWithProblem(run, 'Policy', `ApplyPolices: ${problem}`, 'generatingPolicy');
}

/** The workflow's version is the publishVersion where there is one, else the revision's name. */
async function restartIfNew(run: Run, latest: Revision | undefined): Promise<void> {
  const wanted = publishVersionOf(run.app) || (run.revision?.metadata.name ?? '');
  const running = run.status.workflow;
  if (running?.appRevision === wanted) return;
  if (running && latest && !latest.status?.workflow) {
    const ended = running.finished
      ? running
      : { ...finishWorkflow(running, 'failed', run.now()), status: running.status };
    await writeRevisionStatus(run, latest, { succeeded: false, workflow: { ...ended, terminated: true } });
  }
  const workflow = startWorkflow(run.app, wanted, run.now());
  const uid = await ensureContext(run);
  if (workflow.contextBackend) workflow.contextBackend.uid = uid;
  const { services: _services, appliedResources: _applied, ...kept } = run.status;
  run.status = { ...kept, conditions: conditionsForRestart(kept.conditions), workflow };
}

/** The ConfigMap in which a workflow keeps its variables. Plain Applications have none, but it is always there. */
async function ensureContext(run: Run): Promise<string | undefined> {
  const { name: appName, namespace, uid } = run.app.metadata;
  const name = `workflow-${appName}-context`;
  const existing = await run.client.find(ConfigMap, { name, namespace });
  if (existing) return existing.metadata.uid;
  const owner = { apiVersion: 'core.oam.dev/v1beta1', kind: 'Application', name: appName, uid, controller: true };
  const created = await run.client.create(ConfigMap, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ownerReferences: [owner] },
    data: { vars: '' },
  });
  return created.metadata.uid;
}

export async function writeRevisionStatus(run: Run, revision: Revision, status: Revision['status']): Promise<void> {
  const { name, namespace } = revision.metadata;
  try {
    const options = { type: 'merge', subresource: 'status' } as const;
    const patch = { status: { ...status, workflowContext: { vars: '' } } };
    await run.client.patch(ApplicationRevision, { name, namespace }, patch, options);
  } catch (error) {
    // Without its history a revision is still a revision; and it may have been deleted meanwhile.
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}
