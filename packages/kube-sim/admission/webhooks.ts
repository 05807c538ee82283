/**
 * Mutating and validating webhooks: the first ask one after the other, in the order of their configurations' names, the
 * others all at once. Webhooks of the configurations' own kinds are never asked. `clientConfig.service` is left out, as
 * there is no network of pods; such a webhook fails as one whose Service is missing.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/webhook`.
 */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, badRequest, forbidden, type Status } from '../api/api-error.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { decode } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import type { LabelSelector } from '../selectors/label.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import type { AdmissionParts } from './plugins.ts';
import { conditionsHold, requestFields, variablesFor } from './policy-cel.ts';
import { createMatcher, inVersion, type Matcher, type Rule } from './request-matcher.ts';
import { createWebhookClient, type WebhookClient, type WebhookClientConfig } from './webhook-client.ts';

interface Webhook {
  name: string;
  clientConfig: WebhookClientConfig;
  rules?: Rule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  matchPolicy?: string;
  matchConditions?: { name: string; expression: string }[];
  failurePolicy?: string;
  sideEffects?: string;
  timeoutSeconds?: number;
  admissionReviewVersions?: string[];
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
  patch?: string;
  patchType?: string;
}

export function mutatingWebhooks(parts: AdmissionParts): AdmissionPlugin {
  const hooksFor = hooksOf('mutatingwebhookconfigurations', parts);
  return {
    name: 'MutatingAdmissionWebhook',
    async mutate(request) {
      for (const hook of hooksFor(request)) {
        const type = concerned(hook, request, parts);
        if (!type) continue;
        const patch = await ask(hook, request, type, true);
        if (patch) request.object = patched(hook.webhook.name, request, type, patch);
      }
    },
  };
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
      if (asked.length > 0) return Promise.all(asked).then(() => undefined);
    },
  };
}

/** The hooks of now, built anew when a configuration changes; the connections of unchanged ones are kept. */
function hooksOf(plural: string, parts: AdmissionParts): (request: AdmissionRequest) => readonly Hook[] {
  const storage = `${plural}.admissionregistration.k8s.io`;
  const clients = new Map<string, WebhookClient>();
  let hooks: Hook[] | undefined;
  parts.store.onChange(storage, () => {
    hooks = undefined;
  });
  const hookOf = (webhook: Webhook): Hook => {
    const key = JSON.stringify(webhook.clientConfig);
    const call = clients.get(key) ?? createWebhookClient(webhook.clientConfig);
    clients.set(key, call);
    return { webhook, matches: createMatcher(webhook, parts, false), call };
  };
  return (request) => {
    if (request.type.group === 'admissionregistration.k8s.io') return [];
    hooks ??= parts.store
      .list(storage)
      .entries.flatMap(({ object }) => ((object.webhooks as Webhook[] | undefined) ?? []).map(hookOf));
    return hooks;
  };
}

/** Under which version the webhook is to see the request; undefined when it is not to be asked. @throws ApiError 403 */
function concerned({ webhook, matches }: Hook, request: AdmissionRequest, parts: AdmissionParts) {
  const type = matches(request);
  if (!type || !webhook.matchConditions?.length) return type;
  try {
    return conditionsHold(webhook.matchConditions, variablesFor(request, type, parts.store)) ? type : undefined;
  } catch (error) {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw forbidden(request.type, request.name, (error as Error).message);
  }
}

/** Answers the patch, if there is one. @throws ApiError when it refuses, or fails and may not */
async function ask({ webhook, call }: Hook, request: AdmissionRequest, type: ResourceType, mutating: boolean) {
  const { name, failurePolicy, sideEffects, timeoutSeconds = 10, admissionReviewVersions = ['v1'] } = webhook;
  if (request.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook "${name}" does not support dry run`);
  }
  const uid = randomUUID();
  const version = admissionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1';
  const object = inVersion(request.object, type) ?? null;
  const oldObject = inVersion(request.oldObject, type) ?? null;
  const review = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...requestFields(request, type), object, oldObject },
  };
  let response: ReviewResponse;
  try {
    response = verified(await call(JSON.stringify(review), timeoutSeconds), uid, version, mutating);
  } catch (error) {
    if (failurePolicy === 'Ignore') return undefined;
    const message = `failed calling webhook "${name}": ${(error as Error).message}`;
    throw new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
  }
  request.warnings.push(...(response.warnings ?? []));
  if (!response.allowed) throw refusal(name, response.status);
  return response.patch;
}

/** @throws Error when it is no answer to this question. Source: `VerifyAdmissionResponse`. */
function verified(body: unknown, uid: string, version: string, mutating: boolean): ReviewResponse {
  const review = body as { apiVersion?: string; kind?: string; response?: ReviewResponse } | null;
  const bad = (why: string) => new Error(`received invalid webhook response: ${why}`);
  const response = review?.response;
  if (!response) throw bad('webhook response was absent');
  if (version === 'v1' && response.uid !== uid) {
    throw bad(`expected response.uid="${uid}", got "${response.uid ?? ''}"`);
  }
  if (!mutating && response.patch) throw bad('validating webhook may not return response.patch');
  if (mutating && version === 'v1' && response.patch && !response.patchType) {
    throw bad('webhook returned response.patch but not response.patchType');
  }
  return response;
}

/** Source: `webhookerrors.ToStatusErr`. */
function refusal(name: string, told: Partial<Status> = {}): ApiError {
  const why = told.message || told.reason;
  const message = `admission webhook "${name}" denied the request${why ? `: ${why}` : ' without explanation'}`;
  const code = (told.code ?? 0) < 400 ? 400 : (told.code ?? 400);
  return new ApiError(code, told.reason ?? '', message, told.details);
}

function patched(name: string, request: AdmissionRequest, type: ResourceType, patch: string): KubeObject {
  const before = inVersion(request.object, type);
  const internal = (why: string) =>
    new ApiError(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });
  if (!before) {
    throw internal(
      `admission webhook "${name}" attempted to modify the object, which is not supported for this operation`,
    );
  }
  try {
    const changed = applyJsonPatch(before, JSON.parse(Buffer.from(patch, 'base64').toString()));
    const { object } = request.subresource === undefined ? decode(type, changed) : { object: changed };
    if (request.subresource === undefined) applyDefaults(type, object);
    return inVersion(object, request.type) ?? object;
  } catch (error) {
    throw internal((error as Error).message);
  }
}
