import { describe, expect, it } from 'vitest';
import { decodeProtobuf, hasFieldNumbers } from './decode.ts';

/** What kubectl 1.37.2 sends for such a command. Go writes what is empty as well; decoding as for JSON drops it later. */
const SENT: [string, string, string, object][] = [
  [
    'create deployment web --image=nginx:1.27 --port=80 --replicas=0',
    'io.k8s.api.apps.v1.Deployment',
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50Er0BCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEosBCAASDAoKCgNhcHASA3dlYhpxChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViElESMwoFbmdpbngSCm5naW54OjEuMjcqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==',
    {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'web', creationTimestamp: null, labels: { app: 'web' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] },
        },
      },
    },
  ],
  [
    'create service clusterip s --tcp=80:http',
    'io.k8s.api.core.v1.Service',
    'azhzAAoNCgJ2MRIHU2VydmljZRJmChsKAXMSABoAIgAqADIAOABCAFoICgNhcHASAXMSQwoeCgc4MC1odHRwEgNUQ1AYUCIKCAEQABoEaHR0cCgAEggKA2FwcBIBcxoAIglDbHVzdGVySVA6AEIAUgBaAGAAaAAaAgoAGgAiAA==',
    {
      kind: 'Service',
      spec: {
        type: 'ClusterIP',
        selector: { app: 's' },
        ports: [{ name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http' }],
      },
    },
  ],
  [
    'create quota q --hard=cpu=1500m,pods=3',
    'io.k8s.api.core.v1.ResourceQuota',
    'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRI0ChEKAXESABoAIgAqADIAOABCABIdCg4KA2NwdRIHCgUxNTAwbQoLCgRwb2RzEgMKATMaABoAIgA=',
    { kind: 'ResourceQuota', spec: { hard: { cpu: '1500m', pods: '3' } } },
  ],
  [
    'create secret generic s --from-literal=a=ü',
    'io.k8s.api.core.v1.Secret',
    'azhzAAoMCgJ2MRIGU2VjcmV0Eh4KEQoBcxIAGgAiACoAMgA4AEIAEgcKAWESAsO8GgAaACIA',
    { kind: 'Secret', data: { a: 'w7w=' } },
  ],
  [
    'create pdb p --selector=a=b --min-available=50%',
    'io.k8s.api.policy.v1.PodDisruptionBudget',
    'azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSNgoRCgFwEgAaACIAKgAyADgAQgASFQoJCAEQABoDNTAlEggKBgoBYRIBYhoKCAAYACAAKAAwABoAIgA=',
    { kind: 'PodDisruptionBudget', spec: { minAvailable: '50%', selector: { matchLabels: { a: 'b' } } } },
  ],
];

describe('a body in protobuf', () => {
  it.each(SENT)('kubectl %s', (_command, component, base64, expected) => {
    expect(decodeProtobuf(Buffer.from(base64, 'base64'), component)).toMatchObject(expected);
  });

  /** `Unknown` around a message, made by hand: tag, length, content. */
  const wrapped = (message: number[]): Buffer =>
    Buffer.from([...Buffer.from('k8s\0'), 0x12, message.length, ...message]);
  const field = (number: number, ...content: number[]): number[] => [number * 8 + 2, content.length, ...content];
  const text = (value: string): number[] => [...Buffer.from(value)];

  it('puts what Go embeds where JSON has it', () => {
    const secret = field(6, ...field(1, ...text('s')));
    const volume = field(1, ...field(1, ...text('v')), ...field(2, ...secret));
    const pod = decodeProtobuf(wrapped(field(2, ...volume)), 'io.k8s.api.core.v1.Pod');
    expect(pod.spec).toEqual({ volumes: [{ name: 'v', secret: { secretName: 's' } }] });
  });

  it('reads times, negative numbers and numbers that are flags', () => {
    // 2026-11-24T23:13:58Z, and -1 in ten bytes.
    const time = field(8, 0x08, ...varint(1795562038n));
    const minusOne = [...Array(9).fill(0xff), 0x01];
    const metadata = field(1, ...time, 7 * 8, ...minusOne);
    const pod = decodeProtobuf(wrapped([...metadata, ...field(2, 11 * 8, 1)]), 'io.k8s.api.core.v1.Pod');
    expect(pod).toMatchObject({
      metadata: { creationTimestamp: '2026-11-24T23:13:58Z', generation: -1 },
      spec: { hostNetwork: true },
    });
  });

  it('is refused when it is none, or ends too soon', () => {
    const pod = 'io.k8s.api.core.v1.Pod';
    expect(() => decodeProtobuf(Buffer.from('{}'), pod)).toThrow('does not appear to be a protobuf message');
    expect(() => decodeProtobuf(Buffer.from([...text('k8s\0'), 0x12, 9, 1]), pod)).toThrow('unexpected EOF');
  });

  it('is known for built-in kinds, not for definitions', () => {
    expect(hasFieldNumbers('io.k8s.api.core.v1.Pod')).toBe(true);
    const definition = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition';
    expect(hasFieldNumbers(definition)).toBe(false);
  });

  function varint(value: bigint): number[] {
    return value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
  }
});
