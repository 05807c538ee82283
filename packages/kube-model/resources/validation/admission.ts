/** What people get wrong in webhooks and admission policies. Source: `pkg/apis/admissionregistration/validation`. */

import { type Fields, fields, isFields, list, strings } from '../../schema/fields.ts';
import type { Report } from './report.ts';
import type { Check } from './walk.ts';

function checkRuleWithOperations(rule: Fields, at: string, report: Report): void {
  for (const key of ['apiGroups', 'apiVersions', 'resources', 'operations']) {
    if (strings(rule[key]).length === 0) report.required(`${at}.${key}`);
  }
}

function checkWebhook(webhook: Fields, at: string, report: Report): void {
  if (String(webhook.name ?? '').split('.').length < 3) {
    report.invalid(`${at}.name`, webhook.name, 'should be a domain with at least three segments separated by dots');
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
    if (list(spec.validations).length > 0 || list(spec.auditAnnotations).length > 0) return;
    for (const key of ['validations', 'auditAnnotations']) {
      report.required(`${at}.${key}`, 'validations or auditAnnotations must contain at least one item');
    }
  },
};
