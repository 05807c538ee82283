import { describe, expect, it } from 'vitest';
import { archiveUrl, chooseVersion, readChartEntries } from './chart-index.ts';

const repository = new URL('https://charts.example.com/stable/');

const index = `apiVersion: v1
entries:
  acme-web:
  - apiVersion: v2
    name: acme-web
    urls:
    - acme-web-1.0.0.tgz
    version: 1.0.0
  podinfo:
  - apiVersion: v1
    description: |
      Not a key:
        acme-web:
    digest: 9B1CB1D5C1E1B0C5B6C2D29E4F0F4D8F1C2E0A5C7B9D3E1F2A4B6C8D0E2F4A6B
    urls:
    - https://cdn.example.com/podinfo-6.9.2.tgz
    version: 6.9.2
  - urls:
    - podinfo-6.10.0-rc.1.tgz
    version: 6.10.0-rc.1
  - urls: [podinfo-5.0.0.tgz]
    version: 5.0.0
  - urls: []
    version: 4.0.0
  zebra:
  - urls: [zebra-1.tgz]
    version: not-semver
generated: "2026-01-01T00:00:00Z"
`;

describe('readChartEntries', () => {
  it('reads one chart out of the form that helm writes', () => {
    const entries = readChartEntries(index, 'podinfo', repository);
    expect(entries.map(({ version }) => version)).toEqual(['6.9.2', '6.10.0-rc.1', '5.0.0']);
    expect(entries[0]?.digest).toBe('9b1cb1d5c1e1b0c5b6c2d29e4f0f4d8f1c2e0a5c7b9d3e1f2a4b6c8d0e2f4a6b');
    expect(readChartEntries(index, 'zebra', repository)).toHaveLength(1);
  });

  it('reads other forms whole: JSON, and deeper indents', () => {
    const entry = { version: '1.0.0', urls: ['a-1.0.0.tgz'] };
    expect(readChartEntries(JSON.stringify({ entries: { a: [entry] } }), 'a', repository)).toEqual([entry]);
    expect(
      readChartEntries('entries:\n    a:\n        - version: 1.0.0\n          urls: [a-1.0.0.tgz]\n', 'a', repository),
    ).toEqual([entry]);
  });

  it('does not parse what belongs to other charts', () => {
    const large = `entries:\n${'  other:\n  - version: 1.0.0\n    urls: [x.tgz]\n    description: "{{{"\n'.repeat(50_000)}  podinfo:\n  - version: 1.2.3\n    urls: [p.tgz]\n`;
    const began = performance.now();
    expect(readChartEntries(large, 'podinfo', repository)).toEqual([{ version: '1.2.3', urls: ['p.tgz'] }]);
    // A whole parse of these 4 MB takes several seconds; this bound only tells the two apart.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it.each([
    [
      'a chart that is not there, near names first',
      index,
      'podinf',
      'ChartNotFound',
      'it has podinfo, acme-web, zebra',
    ],
    ['an empty repository', 'apiVersion: v1\nentries: {}\n', 'podinfo', 'ChartNotFound', 'it lists no charts'],
    ['a page that is not an index', '<html><body>Sign in</body></html>', 'podinfo', 'IndexInvalid', 'check repoUrl'],
    ['text that is not YAML', 'entries: [', 'podinfo', 'IndexInvalid', 'not valid YAML'],
    [
      'entries without an address',
      'entries:\n  podinfo:\n  - version: 1.0.0\n',
      'podinfo',
      'IndexInvalid',
      'no usable version',
    ],
    ['a name of an object’s prototype', '{"entries": {}}', 'constructor', 'ChartNotFound', 'has no chart'],
  ])('says what is wrong with %s', (_what, text, name, code, message) => {
    expect(() => readChartEntries(text, name, repository)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe('chooseVersion', () => {
  const entries = ['1.0.0', '1.2.0', '1.10.0', '2.0.0-rc.1', 'v2.1.0', '3.0.0+build.5', 'latest'].map((version) => ({
    version,
    urls: ['x.tgz'],
  }));
  it.each([
    ['1.2.0', '1.2.0', 'exact'],
    ['v1.2.0', '1.2.0', 'exact, with a v'],
    ['2.1.0', 'v2.1.0', 'exact, published with a v'],
    ['3.0.0', '3.0.0+build.5', 'build metadata do not count'],
    ['latest', 'latest', 'exact text that is no semantic version'],
    ['^1.0', '1.10.0', 'caret, by number and not by text'],
    ['~1.2', '1.2.0', 'tilde'],
    ['>=1.0.0, <2', '1.10.0', 'Helm’s comma'],
    ['1.0 - 1.5', '1.2.0', 'a hyphen range is not a pre-release'],
    ['<2.1', '1.10.0', 'pre-releases are left out'],
    ['<2.1.0-0', '2.0.0-rc.1', 'pre-releases when asked for'],
    ['*', '3.0.0+build.5', 'anything'],
  ])('%s → %s (%s)', (wanted, version) => {
    expect(chooseVersion(entries, wanted, 'x').version).toBe(version);
  });

  it('names the newest when none fits, and what a version looks like', () => {
    expect(() => chooseVersion(entries, '^9', 'x')).toThrow(
      expect.objectContaining({
        code: 'VersionNotFound',
        message: expect.stringContaining('3.0.0+build.5, v2.1.0, 2.0.0-rc.1, 1.10.0, 1.2.0'),
      }),
    );
    expect(() => chooseVersion(entries, 'newest please', 'x')).toThrow(
      expect.objectContaining({ code: 'VersionInvalid' }),
    );
  });
});

describe('archiveUrl', () => {
  it.each([
    ['podinfo-1.tgz', 'https://charts.example.com/stable/podinfo-1.tgz'],
    ['/podinfo-1.tgz', 'https://charts.example.com/podinfo-1.tgz'],
    ['https://cdn.example.com/p.tgz', 'https://cdn.example.com/p.tgz'],
  ])('%s is at %s', (url, expected) => {
    expect(archiveUrl({ version: '1.0.0', urls: [url] }, repository).href).toBe(expected);
  });

  it('refuses files and other protocols', () => {
    expect(() => archiveUrl({ version: '1.0.0', urls: ['file:///etc/passwd', 'oci://x/y'] }, repository)).toThrow(
      expect.objectContaining({ code: 'IndexInvalid' }),
    );
  });
});
