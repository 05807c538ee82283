import { describe, expect, it } from 'vitest';
import { parseManifests } from './manifests.ts';

const object = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  value: ${data}\n`;
const readValue = (data: string) =>
  (parseManifests(object(data), 'The chart')[0] as unknown as { data: { value: unknown } }).data.value;

describe('parseManifests', () => {
  it.each<[string, unknown, string]>([
    ['0644', 420, 'octal, as in defaultMode'],
    ['yes', true, 'a boolean of YAML 1.1'],
    ['off', false, 'a boolean of YAML 1.1'],
    ['22:22', '22:22', 'a port mapping and not a number of base 60'],
    ['2026-01-01', '2026-01-01', 'text and not a date'],
    ['"0644"', '0644', 'quoted text'],
    ['1_000', 1000, 'digits with underscores'],
    ['~', null, 'null'],
  ])('reads %s as Kubernetes does: %s (%s)', (text, expected) => {
    expect(readValue(text)).toEqual(expected);
  });

  it('skips empty documents, opens lists, and lets the last of two equal keys count', () => {
    const text = `---\n# Source: a\n---\n${object('1')}  value: 2\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n`;
    expect(parseManifests(text, 'The chart').map(({ kind }) => kind)).toEqual(['ConfigMap', 'Pod']);
    expect(parseManifests('', 'The chart')).toEqual([]);
    expect((parseManifests(text, 'The chart')[0] as unknown as { data: unknown }).data).toEqual({ value: 2 });
  });

  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
  ].join('\n');
  it.each([
    ['text', 'hello', 'not a Kubernetes object'],
    ['an object without a name', 'apiVersion: v1\nkind: Pod\n', 'a Pod without a name'],
    ['broken YAML', 'a: [', 'cannot be read'],
    ['aliases that expand without bound', bomb, 'aliases expand'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => parseManifests(text, 'The chart')).toThrow(
      expect.objectContaining({ code: 'OutputInvalid', message: expect.stringContaining(message) }),
    );
  });
});
