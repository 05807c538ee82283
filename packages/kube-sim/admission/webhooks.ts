/**
 * Mutating and validating webhooks: the first ask one after the other, in the order of their configurations' names, the
 * others all at once. Nobody is asked about the kinds of this API group itself. A webhook behind a Service fails, as
 * there is no network of pods; no webhook is asked a second time, and all are asked in version `v1`.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/webhook`.
 */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, forbidden, type Status } from '@kubenova/kube-model/api-error.ts';
import { applyJsonPatch } from '@kubenova/kube-model/patch/json-patch.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { decode } from '@kubenova/kube-model/schema/decode.ts';
import { applyDefaults } from '@kubenova/kube-model/schema/defaults.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import type { AdmissionParts } from './plugins.ts';
import { conditionsHold, type Named, requestFields, variablesFor } from './policy-cel.ts';
import { createMatcher, inVersion, type Matcher, type MatchResources, type Rule, upToDate } from './request-matcher.ts';
import { createWebhookClient, type WebhookClient, type WebhookClientConfig } from './webhook-client.ts';

interface Webhook extends Omit<MatchResources, 'resourceRules' | 'excludeResourceRules'> {
  readonly name: string;
  readonly clientConfig: WebhookClientConfig;
  readonly rules?: readonly Rule[];
  readonly matchConditions?: readonly Named[];
  readonly failurePolicy?: string;
  readonly timeoutSeconds?: number;
}
type Configuration = KubeObject & { webhooks?: readonly Webhook[] };
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
  /** The patch, read. */
  operations?: unknown;
}

export function webhooks(parts: AdmissionParts): AdmissionPlugin {
  const mutating = hooksOf('mutatingwebhookconfigurations', parts);
  const validating = hooksOf('validatingwebhookconfigurations', parts);
  return {
    name: 'MutatingAdmissionWebhook, ValidatingAdmissionWebhook',
    async mutate(request) {
      for (const hook of mutating(request)) await consult(hook, request, parts, true);
    },
    async validate(request) {
      await Promise.all(validating(request).map((hook) => consult(hook, request, parts, false)));
    },
  };
}

/** The hooks of now. */
function hooksOf(plural: string, parts: AdmissionParts): (request: AdmissionRequest) => readonly Hook[] {
  const storage = `${plural}.admissionregistration.k8s.io`;
  const hooks = upToDate(parts.store, [storage], () => {
    const configurations = parts.store.list(storage).entries.map(({ object }) => object as Configuration);
    return configurations
      .flatMap((configuration) => configuration.webhooks ?? [])
      .map((webhook) => ({
        webhook,
        matches: createMatcher({ ...webhook, resourceRules: webhook.rules ?? [] }, parts),
        call: createWebhookClient(webhook.clientConfig),
      }));
  });
  return (request) => (request.type.group === 'admissionregistration.k8s.io' ? [] : hooks());
}

const internal = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

/** Asks if the request is the webhook's business. @throws ApiError when it refuses, or fails and may not */
async function consult(hook: Hook, request: AdmissionRequest, { store }: AdmissionParts, mutating: boolean) {
  const { name, failurePolicy, matchConditions = [] } = hook.webhook;
  const type = hook.matches(request);
  if (!type) return;
  try {
    if (!conditionsHold(matchConditions, variablesFor(request, type, store))) return;
  } catch (error) {
    if (failurePolicy === 'Ignore') return;
    throw forbidden(request.type, request.name, (error as Error).message);
  }
  let answer: ReviewResponse;
  try {
    answer = await ask(hook, request, type, mutating);
  } catch (error) {
    if (failurePolicy === 'Ignore') return;
    throw internal(`failed calling webhook "${name}": ${(error as Error).message}`);
  }
  request.warnings.push(...(answer.warnings ?? []));
  if (!answer.allowed) throw refusal(name, answer.status);
  if (answer.operations !== undefined) request.object = patched(name, request, type, answer.operations);
}

/** @throws Error when no answer comes, or none to this question. Source: `VerifyAdmissionResponse`. */
async function ask(
  { webhook, call }: Hook,
  request: AdmissionRequest,
  type: ResourceType,
  mutating: boolean,
): Promise<ReviewResponse> {
  const uid = randomUUID();
  const review = {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      ...requestFields(request, type),
      object: inVersion(request.object, type) ?? null,
      oldObject: inVersion(request.oldObject, type) ?? null,
    },
  };
  const answer = await call(JSON.stringify(review), webhook.timeoutSeconds ?? 10).catch((error: Error) => {
    throw new Error(`failed to call webhook: ${error.message}`);
  });
  const { response } = (answer ?? {}) as { response?: ReviewResponse };
  const bad = (why: string) => new Error(`received invalid webhook response: ${why}`);
  if (!response) throw bad('webhook response was absent');
  if (response.uid !== uid) throw bad(`expected response.uid="${uid}", got "${response.uid ?? ''}"`);
  if (!response.patch) return response;
  if (!mutating) throw bad('validating webhook may not return response.patch');
  if (!response.patchType) throw bad('webhook returned response.patch but not response.patchType');
  try {
    return { ...response, operations: JSON.parse(Buffer.from(response.patch, 'base64').toString()) };
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

function patched(name: string, request: AdmissionRequest, type: ResourceType, operations: unknown): KubeObject {
  const before = inVersion(request.object, type);
  if (!before) {
    const why = 'attempted to modify the object, which is not supported for this operation';
    throw internal(`admission webhook "${name}" ${why}`);
  }
  try {
    const changed = applyJsonPatch(before, operations);
    // The body of a subresource may be of another kind than its resource.
    if (request.subresource !== undefined) return changed;
    const { object } = decode(type, changed);
    applyDefaults(type, object);
    return inVersion(object, request.type) ?? object;
  } catch (error) {
    throw internal((error as Error).message);
  }
}
