import type { SandboxRules } from '@kubenova/knapi/schemas.ts';
import { describe, expect, it } from 'vitest';
import { effectiveSandboxRules, sandboxRuleProblems } from './sandbox-rules.ts';

describe('the rules that hold for sandboxes', () => {
  const cases: [string, SandboxRules | undefined, SandboxRules, SandboxRules][] = [
    ['nobody says anything', undefined, {}, { quotas: {} }],
    [
      'the plan alone',
      { maxPerProject: 3, maxTtlSeconds: 600 },
      {},
      { maxPerProject: 3, maxTtlSeconds: 600, quotas: {} },
    ],
    ['the project alone', undefined, { maxPerProject: 2 }, { maxPerProject: 2, quotas: {} }],
    ['the project asks for less', { maxPerProject: 3 }, { maxPerProject: 1 }, { maxPerProject: 1, quotas: {} }],
    ['the plan was lowered later', { maxPerProject: 3 }, { maxPerProject: 9 }, { maxPerProject: 3, quotas: {} }],
    ['none at all is a number too', { maxPerProject: 3 }, { maxPerProject: 0 }, { maxPerProject: 0, quotas: {} }],
    [
      'quotas by resource, the tighter of both',
      { quotas: { 'limits.cpu': '2', pods: '10' } },
      { quotas: { 'limits.cpu': '500m', pods: '20', services: '1' } },
      { quotas: { 'limits.cpu': '500m', pods: '10', services: '1' } },
    ],
    [
      'units are compared by value',
      { quotas: { 'limits.memory': '1Gi' } },
      { quotas: { 'limits.memory': '1025Mi' } },
      { quotas: { 'limits.memory': '1Gi' } },
    ],
  ];
  it.each(cases)('%s', (_reason, plan, project, expected) => {
    expect(effectiveSandboxRules({ plan, project })).toEqual(expected);
  });
});

describe('what a project may not ask for', () => {
  const plan: SandboxRules = {
    maxPerProject: 3,
    maxTtlSeconds: 3600,
    quotas: { 'limits.cpu': '2', 'count/jobs.batch': '5' },
  };
  const cases: [string, SandboxRules, string[]][] = [
    ['exactly what the plan allows', plan, []],
    ['nothing', {}, []],
    ['what the plan does not speak of', { quotas: { pods: '1000' } }, []],
    ['more sandboxes', { maxPerProject: 4 }, ['/sandboxes/maxPerProject']],
    ['a longer life', { maxTtlSeconds: 3601 }, ['/sandboxes/maxTtlSeconds']],
    ['a larger quota, in another unit', { quotas: { 'limits.cpu': '2001m' } }, ['/sandboxes/quotas/limits.cpu']],
    ['a key with a slash', { quotas: { 'count/jobs.batch': '6' } }, ['/sandboxes/quotas/count~1jobs.batch']],
    [
      'several at once',
      { maxPerProject: 4, maxTtlSeconds: 9999 },
      ['/sandboxes/maxPerProject', '/sandboxes/maxTtlSeconds'],
    ],
  ];
  it.each(cases)('%s', (_reason, asked, pointers) => {
    expect(sandboxRuleProblems(asked, plan, ['sandboxes']).map((problem) => problem.pointer)).toEqual(pointers);
  });

  it('without a plan everything may be asked for', () => {
    expect(sandboxRuleProblems({ maxPerProject: 1000 })).toEqual([]);
  });
});
