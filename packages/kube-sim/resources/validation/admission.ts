/** What people get wrong in webhooks and admission policies. Source: `pkg/apis/admissionregistration/validation`. */
import { type Fields, fields, isFields, list, type Report, strings } from './report.ts';
import type { Check } from './walk.ts';

const REVIEWS = ['v1', 'v1beta1'];

function checkRuleWithOperations(rule: Fields, at: string, report: Report): void {
  for (const key of ['apiGroups', 'apiVersions', 'resources', 'operations']) {
    if (strings(rule[key]).length === 0) report.required(`${at}.${key}`);
  }
  const known = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
  for (const [index, operation] of strings(rule.operations).entries()) {
    if (!known.includes(operation)) report.unsupported(`${at}.operations[${index}]`, operation, known);
  }
}

function checkWebhook(webhook: Fields, at: string, report: Report): void {
  if (String(webhook.name ?? '').split('.').length < 3) {
    report.invalid(`${at}.name`, webhook.name, 'should be a domain with at least three segments separated by dots');
  }
  if (
    strings(webhook.admissionReviewVersions).length > 0 &&
    !strings(webhook.admissionReviewVersions).some((each) => REVIEWS.includes(each))
  ) {
    const detail = 'must include at least one of v1, v1beta1';
    report.invalid(`${at}.admissionReviewVersions`, webhook.admissionReviewVersions, detail);
  }
  if (Number(webhook.timeoutSeconds) < 1 || Number(webhook.timeoutSeconds) > 30) {
    const detail = 'the timeout value must be between 1 and 30 seconds';
    report.invalid(`${at}.timeoutSeconds`, webhook.timeoutSeconds, detail);
  }
  const { url, service } = fields(webhook.clientConfig);
  if ((url === undefined) === (service === undefined)) {
    report.required(`${at}.clientConfig`, 'exactly one of url or service is required');
  } else if (typeof url === 'string' && !url.startsWith('https://')) {
    const detail = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
    report.invalid(`${at}.clientConfig.url`, url.split(':')[0], detail);
  }
}

export const ADMISSION_CHECKS: Readonly<Record<string, Check>> = {
  'admissionregistration.v1.ValidatingWebhook': checkWebhook,
  'admissionregistration.v1.MutatingWebhook': checkWebhook,
  'admissionregistration.v1.RuleWithOperations': checkRuleWithOperations,
  'admissionregistration.v1.NamedRuleWithOperations': checkRuleWithOperations,
  'admissionregistration.v1.ValidatingAdmissionPolicySpec'(spec, at, report) {
    if (!isFields(spec.matchConstraints)) report.required(`${at}.matchConstraints`);
    else if (list(spec.matchConstraints.resourceRules).length === 0)
      report.required(`${at}.matchConstraints.resourceRules`);
    if (list(spec.validations).length > 0 || list(spec.auditAnnotations).length > 0) return;
    for (const key of ['validations', 'auditAnnotations']) {
      report.required(`${at}.${key}`, 'validations or auditAnnotations must contain at least one item');
    }
  },
  'admissionregistration.v1.Validation'({ message, reason }, at, report) {
    if (/[\n\r]/.test(String(message ?? ''))) report.invalid(`${at}.message`, message, 'must not contain line breaks');
    const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
    if (reason !== undefined && !reasons.includes(String(reason)))
      report.unsupported(`${at}.reason`, reason, reasons.slice(0, 3));
  },
  'admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec'(spec, at, report) {
    const actions = strings(spec.validationActions);
    if (!actions.includes('Deny') || !actions.includes('Warn')) return;
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    report.invalid(`${at}.validationActions`, actions, detail);
  },
};
