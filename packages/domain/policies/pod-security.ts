import { catalogued } from './policy-type.ts';

export type PodSecurity = {
  level: 'baseline' | 'restricted';
};

/** Kubernetes' own Pod Security admission; `baseline` is what every namespace of a tenant has anyway. */
export const podSecurity = catalogued<PodSecurity>({
  type: 'pod-security',
  title: 'Pod security level',
  description:
    "The level of Kubernetes' Pod Security Standards that pods keep. Every namespace of a tenant is at baseline, without this policy too; restricted demands besides that containers run as non-root, drop all capabilities, cannot gain privileges and have a seccomp profile.",
  engine: 'podSecurity',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['level'],
    properties: { level: { title: 'Level', type: 'string', enum: ['baseline', 'restricted'], default: 'restricted' } },
  },
  example: { level: 'restricted' },
  strictest: (a, b) => ({ level: a.level === 'restricted' ? a.level : b.level }),
  effect: ({ level }) => ({ labels: { 'pod-security.kubernetes.io/enforce': level } }),
});
