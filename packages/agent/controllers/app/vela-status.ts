/**
 * What KubeVela says of an Application, in words that a person can act on.
 *
 * `status.observedGeneration` moves with every write of the status and proves nothing about delivery; what counts is that
 * the workflow of *this* publishVersion has finished and the phase is `running`. Texts of failures are KubeVela 1.10's,
 * as it was seen to write them. KubeVela tries a failed step ten times in about a minute and then gives up
 * (`workflowFailed`) until another publishVersion comes.
 */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { VELA_PUBLISH_VERSION } from '@kubenova/domain/labels.ts';
import type { Application, ApplicationStatus } from '@kubenova/kube/kinds/vela.ts';
import { excerpt } from '../../resolve/error.ts';

export interface VelaVerdict {
  /**
   * - `pending` KubeVela has not acted on this version yet · `delivering` it is at work
   * - `delivered` · `failing` a step fails and is tried again · `gave-up` it waits for another publishVersion
   * - `rejected` it cannot even begin, such as for want of a definition; it tries that again for ever
   */
  readonly state: 'pending' | 'delivering' | 'delivered' | 'failing' | 'gave-up' | 'rejected';
  readonly condition: ConditionInput;
}

/** Reads the status of an Application that bears the publishVersion which is wanted. */
export function readVelaStatus(application: Application): VelaVerdict {
  const status = application.status ?? {};
  const version = application.metadata.annotations?.[VELA_PUBLISH_VERSION];
  const early =
    (status.observedGeneration ?? 0) >= (application.metadata.generation ?? 0) ? earlyFailure(status) : undefined;
  const workflow = status.workflow;
  // Conditions of an earlier version stand until this one's workflow begins.
  const started = workflow?.appRevision !== undefined && workflow.appRevision === version;
  if (early && !(started && workflow?.finished)) return early;
  if (!started) {
    return verdict(
      'pending',
      'Unknown',
      'WaitingForKubeVela',
      'KubeVela has not taken up this revision yet; it should within seconds if its controller runs.',
    );
  }
  const failed = failedSteps(status);
  if (status.status === 'workflowFailed' || status.status === 'workflowTerminated') {
    return verdict(
      'gave-up',
      'False',
      failed.reason ?? 'DeliveryFailed',
      `KubeVela gave up: ${failed.message ?? excerpt(workflow?.message ?? 'it names no reason')}`,
    );
  }
  if (status.status === 'workflowSuspending') {
    return verdict(
      'delivering',
      'False',
      'WorkflowSuspended',
      'The workflow is suspended and waits for somebody to resume it.',
    );
  }
  if (failed.message !== undefined && !workflow?.finished) {
    return verdict('failing', 'False', failed.reason ?? 'DeliveryFailed', `${failed.message} KubeVela tries again.`);
  }
  if (!workflow?.finished || (status.status !== 'running' && status.status !== 'unhealthy')) {
    return verdict('delivering', 'Unknown', 'Delivering', waitingFor(status));
  }
  const sick = (status.services ?? []).filter(({ healthy }) => healthy === false);
  if (status.status === 'unhealthy' || sick.length > 0) {
    const names = sick.map(({ name, message }) => (message ? `${name} (${excerpt(message, 100)})` : name));
    return verdict(
      'delivered',
      'False',
      'Unhealthy',
      `KubeVela finds ${names.length === 0 ? 'the App' : names.join(', ')} unhealthy.`,
    );
  }
  return verdict('delivered', 'True', 'Delivered', 'KubeVela has delivered every component.');
}

function verdict(
  state: VelaVerdict['state'],
  status: ConditionInput['status'],
  reason: string,
  message: string,
): VelaVerdict {
  return { state, condition: { type: 'VelaHealthy', status, reason, message } };
}

/** Failures before the workflow, which KubeVela retries by itself for ever. */
function earlyFailure(status: ApplicationStatus): VelaVerdict | undefined {
  // Nothing ever sets StateKeep back, so it says nothing about now; Ready repeats others.
  const failed = (status.conditions ?? []).find(
    ({ type, status, reason }) =>
      status === 'False' && reason === 'ReconcileError' && type !== 'StateKeep' && type !== 'Ready',
  );
  if (failed === undefined) return undefined;
  const { reason, message } = explain(failed.message ?? '');
  return verdict('rejected', 'False', reason ?? `${failed.type}Failed`, message);
}

/** A failure that names what to install or change; other texts pass as they are. */
function explain(text: string): { reason?: string; message: string } {
  const component = /load template from component definition \[([^\]]+)\]/.exec(text);
  if (component) return missingDefinition('ComponentDefinition', component[1]);
  const trait =
    /trait definition of (\S+) not found/.exec(text) ?? /load template from trait definition \[([^\]]+)\]/.exec(text);
  if (trait) return missingDefinition('TraitDefinition', trait[1]);
  const kind = /no matches for kind "([^"]+)" in version "([^"]+)"/.exec(text);
  if (kind) {
    return {
      reason: 'KindNotServed',
      message: `The cluster does not serve ${kind[1]} in ${kind[2]}; install what defines it, or use a version that the cluster has.`,
    };
  }
  const forbidden =
    /\S+ "[^"]*" is forbidden: User "system:serviceaccount:[^"]*:kubenova-deployer" cannot [^()\]]*/.exec(text);
  if (forbidden) return { reason: 'Forbidden', message: `An App may not do this: ${excerpt(forbidden[0], 400)}.` };
  const immutable = /(\S+ \\?"[^"\\]+\\?") is invalid: (\S+): .*field is immutable/s.exec(text);
  if (immutable) {
    return {
      reason: 'ImmutableField',
      message: `${immutable[1]} cannot be changed in ${immutable[2]} while it exists; give the object another name, or delete the App and create it anew.`,
    };
  }
  const quota = /\S+ "[^"]*" is forbidden: exceeded quota: [^()\]]*/.exec(text);
  if (quota)
    return { reason: 'QuotaExceeded', message: `The tenant's quota does not allow it: ${excerpt(quota[0], 400)}.` };
  const foreign = /(\S+ \S+) exists but not managed by any application now/.exec(text);
  if (foreign)
    return {
      reason: 'ObjectExists',
      message: `${foreign[1]} exists already and was not made by this App; delete or rename it.`,
    };
  const other = /existing object (\S+ \S+) is managed by other application (\S+?)\)?\]?$/m.exec(
    text.replace(/ \(value: cue.*$/s, ''),
  );
  if (other)
    return {
      reason: 'ObjectExists',
      message: `${other[1]} belongs to another App (${other[2]?.replace(/[)\]]+$/, '')}).`,
    };
  if (/exists but controlled by another application/.test(text)) {
    return {
      reason: 'LeftoverTracker',
      message: `KubeVela still holds what a deleted App of this name and namespace made: ${excerpt(text, 500)}`,
    };
  }
  if (/cannot impersonate resource/.test(text)) {
    return { reason: 'NoDeployer', message: `KubeVela may not act as kubenova-deployer: ${excerpt(strip(text), 500)}` };
  }
  const message = excerpt(strip(text), 800);
  return { message: message === '' ? 'KubeVela names no reason.' : /[.!?]$/.test(message) ? message : `${message}.` };
}

/** Takes off the layers that KubeVela's own call stack puts round a text. */
function strip(text: string): string {
  return text
    .replace(/ \(value: cue\/format: [^)]*\)/g, '')
    .replace(/^function call error for : /, '')
    .replace(/^(Dispatch|GenerateComponentManifest): /, '')
    .replace(/^pre-dispatch dryrun failed: Found \d+ errors?\. /, '');
}

function missingDefinition(kind: string, name: string | undefined): { reason: string; message: string } {
  return {
    reason: 'DefinitionMissing',
    message: `KubeVela on this cluster has no ${kind} "${name}"; install it in the namespace vela-system.`,
  };
}

function failedSteps(status: ApplicationStatus): { reason?: string; message?: string } {
  const failed = (status.workflow?.steps ?? []).filter(({ phase }) => phase === 'failed');
  if (failed.length === 0) return {};
  const explained = failed.map(({ name, message }) => ({ name, ...explain(message ?? '') }));
  return {
    reason: explained[0]?.reason,
    message: explained
      .slice(0, 5)
      .map(({ name, message }) => `${name}: ${message}`)
      .join(' '),
  };
}

function waitingFor(status: ApplicationStatus): string {
  const running = (status.workflow?.steps ?? []).filter(({ phase }) => phase === 'running' || phase === 'pending');
  const services = new Map((status.services ?? []).map(({ name, message }) => [name, message]));
  const names = running
    .slice(0, 10)
    .map(({ name = '' }) => (services.get(name) ? `${name} (${excerpt(services.get(name) ?? '', 100)})` : name));
  return names.length === 0 ? 'KubeVela is delivering the components.' : `KubeVela waits for ${names.join(', ')}.`;
}
