/**
 * Mutating and validating webhooks: the first ask one after the other, in the order of their configurations' names, the
 * others all at once. Nobody is asked about the kinds of this API group itself. A webhook behind a Service fails, as
 * there is no network of pods; no webhook is asked a second time.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/webhook`.
 */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, forbidden, type Status } from '../api/api-error.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { decode } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import type { AdmissionParts } from './plugins.ts';
import { conditionsHold, requestFields, variablesFor } from './policy-cel.ts';
import { createMatcher, inVersion, type MatchCriteria, type Matcher } from './request-matcher.ts';
import { createWebhookClient, type WebhookClient, type WebhookClientConfig } from './webhook-client.ts';

interface Webhook extends MatchCriteria {
  readonly name: string;
  readonly clientConfig: WebhookClientConfig;
  readonly matchConditions?: readonly { expression: string }[];
  readonly failurePolicy?: string;
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
}
interface Hook {
  readonly webhook: Webhook;
  readonly matches: Matcher;
  readonly call: WebhookClient;
}
interface ReviewResponse {
  uid?: string;
  allowed?: boolean;
  status?: Partial<Status>;
  warnings?: string[];
  /** JSON in base64. */
  patch?: string;
  patchType?: string;
}

export function mutatingWebhooks(parts: AdmissionParts): AdmissionPlugin {
  const hooksFor = hooksOf('mutatingwebhookconfigurations', parts);
  return {
    name: 'MutatingAdmissionWebhook',
    mutate(request) {
      const hooks = hooksFor(request);
      return hooks.length > 0 ? askInTurn(hooks, request, parts) : undefined;
    },
  };
}

async function askInTurn(hooks: readonly Hook[], request: AdmissionRequest, parts: AdmissionParts): Promise<void> {
  for (const hook of hooks) {
    const type = concerned(hook, request, parts);
    const patch = type && (await ask(hook, request, type, true));
    if (type && patch) request.object = patched(hook.webhook.name, request, type, patch);
  }
}

export function validatingWebhooks(parts: AdmissionParts): AdmissionPlugin {
  const hooksFor = hooksOf('validatingwebhookconfigurations', parts);
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(request) {
      const asked = hooksFor(request).flatMap((hook) => {
        const type = concerned(hook, request, parts);
        return type ? [ask(hook, request, type, false)] : [];
      });
      return asked.length > 0 ? Promise.all(asked).then(() => undefined) : undefined;
    },
  };
}

/** The hooks of now, built anew when a configuration changes; connections are kept. */
function hooksOf(plural: string, { store, resources }: AdmissionParts): (request: AdmissionRequest) => readonly Hook[] {
  const storage = `${plural}.admissionregistration.k8s.io`;
  const clients = new Map<string, WebhookClient>();
  let hooks: Hook[] | undefined;
  store.onChange(storage, () => {
    hooks = undefined;
  });
  const hookOf = (webhook: Webhook): Hook => {
    const key = JSON.stringify(webhook.clientConfig);
    const call = clients.get(key) ?? createWebhookClient(webhook.clientConfig);
    clients.set(key, call);
    return { webhook, matches: createMatcher(webhook, { store, resources }, false), call };
  };
  const webhooksOf = ({ webhooks }: KubeObject) => (webhooks as Webhook[] | undefined) ?? [];
  return (request) => {
    hooks ??= store.list(storage).entries.flatMap(({ object }) => webhooksOf(object).map(hookOf));
    return request.type.group === 'admissionregistration.k8s.io' ? [] : hooks;
  };
}

/** The version in which the webhook is to see the request; undefined when it is not to be asked. @throws ApiError 403 */
function concerned({ webhook, matches }: Hook, request: AdmissionRequest, { store }: AdmissionParts) {
  const type = matches(request);
  if (!type || !webhook.matchConditions?.length) return type;
  try {
    return conditionsHold(webhook.matchConditions, variablesFor(request, type, store)) ? type : undefined;
  } catch (error) {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw forbidden(request.type, request.name, (error as Error).message);
  }
}

const internal = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

/** Answers the patch, if there is one. @throws ApiError when it refuses, or fails and may not */
async function ask({ webhook, call }: Hook, request: AdmissionRequest, type: ResourceType, mutating: boolean) {
  const { name, failurePolicy, timeoutSeconds = 10, admissionReviewVersions = ['v1'] } = webhook;
  const uid = randomUUID();
  const version = admissionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1';
  const review = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      ...requestFields(request, type),
      object: inVersion(request.object, type) ?? null,
      oldObject: inVersion(request.oldObject, type) ?? null,
    },
  };
  let response: ReviewResponse;
  let patch: unknown;
  try {
    const answer = await call(JSON.stringify(review), timeoutSeconds).catch((error: Error) => {
      throw new Error(`failed to call webhook: ${error.message}`);
    });
    response = verified(answer, uid, version, mutating);
    patch = response.patch === undefined ? undefined : decoded(response.patch);
  } catch (error) {
    if (failurePolicy === 'Ignore') return undefined;
    throw internal(`failed calling webhook "${name}": ${(error as Error).message}`);
  }
  request.warnings.push(...(response.warnings ?? []));
  if (!response.allowed) throw refusal(name, response.status);
  return patch;
}

/** @throws Error when it is no answer to this question. Source: `VerifyAdmissionResponse`. */
function verified(answer: unknown, uid: string, version: string, mutating: boolean): ReviewResponse {
  const bad = (why: string) => new Error(`received invalid webhook response: ${why}`);
  const { response } = (answer ?? {}) as { response?: ReviewResponse };
  if (!response) throw bad('webhook response was absent');
  if (version === 'v1' && response.uid !== uid) {
    throw bad(`expected response.uid="${uid}", got "${response.uid ?? ''}"`);
  }
  if (!mutating && response.patch) throw bad('validating webhook may not return response.patch');
  if (version === 'v1' && response.patch && !response.patchType) {
    throw bad('webhook returned response.patch but not response.patchType');
  }
  return response;
}

function decoded(patch: string): unknown {
  try {
    return JSON.parse(Buffer.from(patch, 'base64').toString());
  } catch {
    throw new Error('received undecodable patch in webhook response: unexpected end of JSON input');
  }
}

/** Source: `webhookerrors.ToStatusErr`. */
function refusal(name: string, { message, reason = '', code = 0, details }: Partial<Status> = {}): ApiError {
  const why = message || reason;
  const told = `admission webhook "${name}" denied the request${why ? `: ${why}` : ' without explanation'}`;
  return new ApiError(code < 400 ? 400 : code, reason, told, details);
}

function patched(name: string, request: AdmissionRequest, type: ResourceType, patch: unknown): KubeObject {
  const before = inVersion(request.object, type);
  if (!before) {
    const why = 'attempted to modify the object, which is not supported for this operation';
    throw internal(`admission webhook "${name}" ${why}`);
  }
  try {
    const changed = applyJsonPatch(before, patch);
    // The body of a subresource may be of another kind than its resource.
    if (request.subresource !== undefined) return changed;
    const { object } = decode(type, changed);
    applyDefaults(type, object);
    return inVersion(object, request.type) ?? object;
  } catch (error) {
    throw internal((error as Error).message);
  }
}
