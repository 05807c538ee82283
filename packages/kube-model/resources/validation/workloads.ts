/** What people get wrong in workloads. Source: `pkg/apis/apps/validation`, `pkg/apis/batch/validation`. */
import { nextTime } from '../../cron-schedule.ts';
import { type Fields, fields, isFields, list } from '../../schema/fields.ts';
import { labelSelectorPredicate } from '../../selectors/label.ts';
import { checkLabels, type Report } from './report.ts';
import type { Check } from './walk.ts';

const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

function isValidSelector(selector: Fields, at: string, report: Report): boolean {
  const before = report.errors.length;
  checkLabels(report, `${at}.matchLabels`, selector.matchLabels);
  for (const [index, requirement] of list(selector.matchExpressions).entries()) {
    checkRequirement(requirement, `${at}.matchExpressions[${index}]`, report);
  }
  return report.errors.length === before;
}

function checkRequirement({ operator, values }: Fields, at: string, report: Report): void {
  const some = Array.isArray(values) && values.length > 0;
  if (operator === 'In' || operator === 'NotIn') {
    if (!some) report.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (some) report.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else report.invalid(`${at}.operator`, operator, 'not a valid selector operator');
}

/** Selector and template of a workload; `kind` is set where an empty selector is refused. */
function checkTemplate(spec: Fields, at: string, report: Report, kind?: string): void {
  const { labels } = fields(fields(spec.template).metadata);
  if (!isFields(spec.selector)) report.required(`${at}.selector`);
  else if (kind !== undefined && Object.keys(spec.selector).length === 0) {
    report.invalid(`${at}.selector`, spec.selector, `empty selector is invalid for ${kind}`);
    return;
  }
  const valid = isValidSelector(fields(spec.selector), `${at}.selector`, report);
  if (!valid) report.invalid(`${at}.selector`, spec.selector, 'invalid label selector');
  if (
    valid &&
    (!isFields(spec.selector) || !labelSelectorPredicate(spec.selector)(fields(labels) as Record<string, string>))
  ) {
    const detail = '`selector` does not match template `labels`';
    report.invalid(`${at}.template.metadata.labels`, labels ?? null, detail);
  }
  const { restartPolicy } = fields(fields(spec.template).spec);
  if (restartPolicy !== 'Always') report.unsupported(`${at}.template.spec.restartPolicy`, restartPolicy, ['Always']);
}

function checkStrategy(report: Report, field: string, strategy: Fields, supported: readonly string[]): void {
  if (!supported.includes(String(strategy.type))) {
    report.unsupported(field, { Type: strategy.type, RollingUpdate: null }, supported);
  }
  const rolling = fields(strategy.rollingUpdate);
  for (const key of ['maxUnavailable', 'maxSurge']) {
    const value = rolling[key];
    report.atLeast(0, `${field}.rollingUpdate.${key}`, value);
    if (typeof value === 'string' && !/^[0-9]+%$/.test(value))
      report.invalid(`${field}.rollingUpdate.${key}`, value, PERCENT);
  }
  const { maxUnavailable } = rolling;
  if (typeof maxUnavailable === 'string' && Number.parseInt(maxUnavailable, 10) > 100) {
    report.invalid(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable, 'must not be greater than 100%');
  }
  if (isZero(maxUnavailable) && isZero(rolling.maxSurge)) {
    report.invalid(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0');
  }
}

const isZero = (value: unknown) => value === 0 || value === '0%';

export const WORKLOAD_CHECKS: Readonly<Record<string, Check>> = {
  'meta.v1.LabelSelectorRequirement': checkRequirement,
  'core.v1.PodTemplateSpec'({ metadata }, at, report) {
    checkLabels(report, `${at}.labels`, fields(metadata).labels);
  },
  'apps.v1.DeploymentSpec'(spec, at, report) {
    checkTemplate(spec, at, report, 'deployment');
    const strategy = fields(spec.strategy);
    if (strategy.type === 'Recreate' && strategy.rollingUpdate !== undefined) {
      report.forbidden(`${at}.strategy.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'");
    } else checkStrategy(report, `${at}.strategy`, strategy, ['Recreate', 'RollingUpdate']);
    if (Number(spec.progressDeadlineSeconds) <= Number(spec.minReadySeconds ?? 0)) {
      report.invalid(
        `${at}.progressDeadlineSeconds`,
        spec.progressDeadlineSeconds,
        'must be greater than minReadySeconds',
      );
    }
  },
  'apps.v1.ReplicaSetSpec'(spec, at, report) {
    checkTemplate(spec, at, report, 'deployment');
  },
  'apps.v1.DaemonSetSpec'(spec, at, report) {
    checkTemplate(spec, at, report, 'daemonset');
    checkStrategy(report, `${at}.updateStrategy`, fields(spec.updateStrategy), ['RollingUpdate', 'OnDelete']);
  },
  'apps.v1.StatefulSetSpec'(spec, at, report) {
    const { podManagementPolicy: policy } = spec;
    if (policy !== 'OrderedReady' && policy !== 'Parallel') {
      report.invalid(`${at}.podManagementPolicy`, policy, "must be 'OrderedReady' or 'Parallel'");
    }
    const { updateStrategy } = spec;
    const { type } = fields(updateStrategy);
    if (type !== 'RollingUpdate' && type !== 'OnDelete') {
      const detail = "must be 'RollingUpdate' or 'OnDelete'";
      report.invalid(`${at}.updateStrategy`, { Type: type, RollingUpdate: null }, detail);
    }
    checkTemplate(spec, at, report, 'statefulset');
    report.claims = list(spec.volumeClaimTemplates).map(({ metadata }) => fields(metadata).name);
  },
  'batch.v1.JobSpec'(spec, at, report) {
    if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
      report.required(`${at}.completions`, 'when completion mode is Indexed');
    }
    const { metadata, spec: pod } = fields(spec.template);
    const { labels } = fields(metadata);
    const own = Object.keys(fields(fields(spec.selector).matchLabels));
    if (spec.manualSelector !== true && own.some((key) => key !== 'batch.kubernetes.io/controller-uid')) {
      report.invalid(`${at}.selector`, spec.selector, '`selector` not auto-generated');
    }
    if (isFields(spec.selector) && !labelSelectorPredicate(spec.selector)(fields(labels) as Record<string, string>)) {
      report.invalid(`${at}.template.metadata.labels`, labels ?? null, '`selector` does not match template `labels`');
    }
    const { restartPolicy } = fields(pod);
    if (restartPolicy === 'Always') {
      report.required(`${at}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"');
    }
  },
  'batch.v1.CronJobSpec'(spec, at, report) {
    const schedule = String(spec.schedule ?? '');
    try {
      if (schedule !== '') nextTime(schedule, 0);
    } catch (error) {
      report.invalid(`${at}.schedule`, schedule, (error as Error).message);
    }
    if (typeof spec.timeZone === 'string' && !isTimeZone(spec.timeZone)) {
      report.invalid(`${at}.timeZone`, spec.timeZone, `unknown time zone ${spec.timeZone}`);
    }
  },
};

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
