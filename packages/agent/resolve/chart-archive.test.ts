import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { archive, chart, type Entry } from '../testing/archive.ts';
import { ARCHIVE_LIMITS, checkChartArchive } from './chart-archive.ts';

const chartYaml: Entry = { path: 'web/Chart.yaml', content: 'name: web' };
const withSchema = (schema: unknown) => chart('web', '1.0.0', { 'values.schema.json': JSON.stringify(schema) });

describe('checkChartArchive', () => {
  it.each([
    ['a chart', chart('web', '1.0.0')],
    [
      'a schema that refers to itself',
      withSchema({
        $schema: 'http://json-schema.org/draft-07/schema#',
        $ref: '#/definitions/a',
        definitions: { a: {} },
      }),
    ],
    [
      'a chart with a vendored chart',
      archive([chartYaml, { path: 'web/charts/sub-1.tgz', content: chart('sub', '1.0.0') }]),
    ],
    ['a path with dots that stays inside', archive([chartYaml, { path: 'web/templates/a..b.yaml' }])],
    ['folders', archive([{ path: 'web/', type: 'Directory' }, chartYaml])],
  ])('accepts %s', async (_what, bytes) => {
    await expect(checkChartArchive(bytes)).resolves.toBeUndefined();
  });

  it.each([
    [
      'a symbolic link',
      archive([chartYaml, { path: 'web/values.yaml', type: 'SymbolicLink', linkpath: '/etc/passwd' }]),
      'SymbolicLink',
    ],
    ['a hard link', archive([chartYaml, { path: 'web/x', type: 'Link', linkpath: 'web/Chart.yaml' }]), 'Link'],
    ['a device', archive([chartYaml, { path: 'web/null', type: 'CharacterDevice' }]), 'CharacterDevice'],
    ['a path out of the archive', archive([chartYaml, { path: 'web/../../etc/cron.d/x' }]), 'leads out'],
    ['an absolute path', archive([chartYaml, { path: '/etc/cron.d/x' }]), 'leads out'],
    ['a path with backslashes', archive([chartYaml, { path: 'web\\..\\..\\x' }]), 'leads out'],
    ['an archive without a chart', archive([{ path: 'web/values.yaml' }]), 'no Chart.yaml'],
    ['text', Buffer.from('<html></html>'), 'not a readable gzipped tar'],
    ['a zip of nothing', gzipSync(Buffer.from('hello')), 'gzipped tar'],
    ['a cut archive', chart('web', '1.0.0').subarray(0, 120), 'not a readable gzipped tar'],
    [
      'a schema that reaches into the network',
      withSchema({ $ref: 'http://169.254.169.254/latest' }),
      'refers to http://169.254.169.254/latest',
    ],
    [
      'a schema that reads a file',
      withSchema({ properties: { a: { $ref: 'file:///etc/passwd' } } }),
      'refers to file:///etc/passwd',
    ],
    [
      'a schema that reads a file beside it',
      withSchema({ anyOf: [{ $dynamicRef: '../../secret.json' }] }),
      'refers to ../../secret.json',
    ],
    [
      'a schema with a meta-schema elsewhere',
      withSchema({ $schema: 'https://evil.example.com/schema' }),
      'refers to https://evil',
    ],
    ['a schema that is not JSON', chart('web', '1.0.0', { 'values.schema.json': '{' }), 'is not JSON'],
    [
      'a schema inside a vendored chart',
      archive([
        chartYaml,
        {
          path: 'web/charts/sub-1.tgz',
          content: chart('sub', '1.0.0', { 'values.schema.json': '{"$ref":"http://10.0.0.1/"}' }),
        },
      ]),
      'refers to http://10.0.0.1/',
    ],
  ])('refuses %s', async (_what, bytes, message) => {
    await expect(checkChartArchive(bytes)).rejects.toMatchObject({
      code: 'ArchiveRefused',
      message: expect.stringContaining(message),
    });
  });

  const small = { ...ARCHIVE_LIMITS, entries: 10, fileBytes: 10_000, totalBytes: 20_000 };
  it.each([
    [
      'too many files',
      archive([chartYaml, ...Array.from({ length: 10 }, (_, n) => ({ path: `web/${n}` }))]),
      'more than 10 files',
    ],
    [
      'a file that is too large',
      archive([chartYaml, { path: 'web/big', content: Buffer.alloc(10_001) }]),
      'web/big is larger',
    ],
    [
      'too much in all',
      archive([
        chartYaml,
        ...Array.from({ length: 3 }, (_, n) => ({ path: `web/${n}`, content: Buffer.alloc(9_000) })),
      ]),
      'when unpacked',
    ],
    ['zeros after the end of the archive', gzipSync(Buffer.alloc(40 * 1024 * 1024)), 'when unpacked'],
  ])('stops at %s', async (_what, bytes, message) => {
    await expect(checkChartArchive(bytes, small)).rejects.toMatchObject({
      code: 'TooLarge',
      message: expect.stringContaining(message),
    });
  });

  it('stops at archives that nest without end', async () => {
    let bytes = chart('web', '1.0.0');
    for (let depth = 0; depth < 6; depth++)
      bytes = archive([chartYaml, { path: 'web/charts/sub.tgz', content: bytes }]);
    await expect(checkChartArchive(bytes)).rejects.toMatchObject({
      code: 'ArchiveRefused',
      message: expect.stringContaining('nests archives'),
    });
  });
});
