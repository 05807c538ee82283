import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { list } from 'tar';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sampleChartFiles } from './sample-charts.ts';

interface Index {
  entries: Record<string, { version: string; appVersion: string; urls: string[]; digest: string }[]>;
}

describe('the sample charts', () => {
  it('are a repository: an index with the digest of each archive it names', async () => {
    const files = await sampleChartFiles();
    const { entries } = parse(files.get('/index.yaml')?.toString() ?? '') as Index;
    expect(entries.hello?.map(({ version, appVersion }) => `${version} ${appVersion}`).sort()).toEqual([
      '1.0.0 1.27.1',
      '1.1.0 1.27.2',
    ]);
    for (const { urls, digest } of Object.values(entries).flat()) {
      const content = files.get(`/${urls[0]}`);
      expect(content, urls[0]).toBeDefined();
      expect(
        createHash('sha256')
          .update(content ?? '')
          .digest('hex'),
      ).toBe(digest);
    }
  });

  it('hold the chart under its own name, as helm packs it', async () => {
    const files = await sampleChartFiles();
    const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-chart-test-'));
    const names: string[] = [];
    try {
      const file = path.join(folder, 'hello.tgz');
      writeFileSync(file, files.get('/hello-1.1.0.tgz') ?? '');
      await list({ file, onReadEntry: (entry) => names.push(entry.path) });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    expect(names).toContain('hello/Chart.yaml');
    expect(names).toContain('hello/templates/deployment.yaml');
  });

  it('have the same digests at each start, so that what is pinned stays pinned', async () => {
    const [first, second] = [await sampleChartFiles(), await sampleChartFiles()];
    expect(first.get('/index.yaml')).toEqual(second.get('/index.yaml'));
  });
});
