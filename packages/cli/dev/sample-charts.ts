/**
 * The chart repository of a simulated world: a small chart of our own in two versions, and the real podinfo charts where
 * they were fetched for the real world. It is packed here and not by helm, whose two starts would cost a fifth of the
 * time in which the world has to be ready.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from 'tar';
import { parse, stringify } from 'yaml';
import { builtFolder } from './tools.ts';

interface ChartMetadata {
  name: string;
  version: string;
  appVersion?: string;
  [field: string]: unknown;
}

const hello = path.join(import.meta.dirname, 'charts', 'hello');

/** The files of the repository by their URL paths. */
export async function sampleChartFiles(): Promise<ReadonlyMap<string, Buffer>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-sample-charts-'));
  try {
    const older = path.join(folder, 'older');
    cpSync(hello, older, { recursive: true });
    const metadata = metadataOf(older);
    writeFileSync(path.join(older, 'Chart.yaml'), stringify({ ...metadata, version: '1.0.0', appVersion: '1.27.1' }));
    const podinfo = (['podinfo', 'podinfo-older'] as const).flatMap((name) => {
      const built = builtFolder(name);
      return built === undefined ? [] : [path.join(built, 'chart')];
    });
    const archives = await Promise.all([hello, older, ...podinfo].map((chart) => pack(chart, folder)));
    return new Map([['/index.yaml', index(archives)], ...archives.map((one) => [one.path, one.content] as const)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Archive {
  path: string;
  metadata: ChartMetadata;
  content: Buffer;
}

function metadataOf(chart: string): ChartMetadata {
  return parse(readFileSync(path.join(chart, 'Chart.yaml'), 'utf8')) as ChartMetadata;
}

async function pack(chart: string, folder: string): Promise<Archive> {
  const metadata = metadataOf(chart);
  const name = `${metadata.name}-${metadata.version}.tgz`;
  const file = path.join(folder, name);
  // The same chart is the same archive at each start, so that its digest is.
  const options = { gzip: true, portable: true, mtime: new Date(0), file, cwd: chart, prefix: metadata.name };
  await create(options, readdirSync(chart));
  return { path: `/${name}`, metadata, content: readFileSync(file) };
}

/** Source: Helm, "The index file". */
function index(archives: readonly Archive[]): Buffer {
  const entries: Record<string, unknown[]> = {};
  for (const { path: url, metadata, content } of archives) {
    const digest = createHash('sha256').update(content).digest('hex');
    entries[metadata.name] ??= [];
    entries[metadata.name]?.push({ ...metadata, urls: [url.slice(1)], digest });
  }
  return Buffer.from(stringify({ apiVersion: 'v1', entries }));
}
