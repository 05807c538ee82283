/**
 * What a chart archive must be before helm is let near it.
 *
 * Helm has limits of its own, but it also follows what a chart's `values.schema.json` refers to: `$ref` to `http://…`
 * is fetched and `$ref` to a file is read, from inside the Agent (helm.sh/helm/v3 pkg/chartutil/jsonschema.go).
 * Both would go round the address policy, so a schema may refer to itself only. For the rest: no links, no path out of
 * the archive, bounded numbers and sizes, counted after decompression and through nested archives in `charts/`.
 */
import { createHash } from 'node:crypto';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { showBytes } from './download.ts';
import { ResolveError } from './error.ts';

export interface ArchiveLimits {
  readonly entries: number;
  readonly fileBytes: number;
  readonly totalBytes: number;
  /** How deep archives in `charts/` may nest. */
  readonly depth: number;
}

/** Sizes are Helm's own defaults (pkg/chart/loader/archive.go), the total halved. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 5_000,
  fileBytes: 5 * 1024 * 1024,
  totalBytes: 50 * 1024 * 1024,
  depth: 4,
};

/** Types that a chart is made of; the others are the headers that tar itself reads. */
const ALLOWED_TYPES = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory', 'GNUDumpDir']);

/** Schemas that come with the validator, and so are not fetched. */
const KNOWN_SCHEMA = /^https?:\/\/json-schema\.org\/(draft-0[467]|draft\/(2019-09|2020-12))\/schema#?$/;

/**
 * Checks a chart archive.
 *
 * @param archive the `.tgz` as it was downloaded
 * @throws ResolveError ArchiveRefused, TooLarge
 */
export async function checkChartArchive(archive: Buffer, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<void> {
  const count = { entries: 0, bytes: 0 };
  const seen = await walk(archive, '', 0, limits, count);
  if (!seen.chart) {
    throw new ResolveError(
      'ArchiveRefused',
      'The archive holds no Chart.yaml in its top folder, so it is not a chart.',
    );
  }
}

async function walk(
  archive: Buffer,
  within: string,
  depth: number,
  limits: ArchiveLimits,
  count: { entries: number; bytes: number },
): Promise<{ chart: boolean }> {
  if (depth > limits.depth) throw refused(`${within} nests archives more than ${limits.depth} deep`);
  const seen = { chart: false };
  const keep: { path: string; content: Promise<Buffer> }[] = [];
  let problem: ResolveError | undefined;
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: 64 * 1024,
    onReadEntry: (entry) => {
      problem ??= entryProblem(entry, within, limits, count);
      if (problem) return void entry.resume();
      const path = entry.path.replace(/^\.\//, '');
      if (/^[^/]+\/Chart\.yaml$/.test(path)) seen.chart = true;
      if (isInteresting(path)) keep.push({ path: `${within}${path}`, content: entry.concat() as Promise<Buffer> });
      else entry.resume();
    },
  });
  try {
    await pipeline(
      Readable.from([archive]),
      createGunzip(),
      bounded(limits, () => problem),
      intoParser(parser),
    );
  } catch (error) {
    if (error instanceof ResolveError) throw error;
    throw refused(`${within === '' ? 'it' : within} is not a readable gzipped tar`, error);
  }
  if (problem) throw problem;
  for (const { path, content } of keep) {
    const bytes = await content;
    if (path.endsWith('.json')) checkSchema(bytes, path);
    else await walk(bytes, `${path}!/`, depth + 1, limits, count);
  }
  return seen;
}

function isInteresting(path: string): boolean {
  return path.endsWith('/values.schema.json') || (/\/charts\/[^/]+$/.test(path) && /\.(tgz|tar\.gz)$/.test(path));
}

function entryProblem(
  entry: ReadEntry,
  within: string,
  limits: ArchiveLimits,
  count: { entries: number; bytes: number },
): ResolveError | undefined {
  const path = `${within}${entry.path}`.slice(0, 200);
  count.entries += 1;
  count.bytes += entry.size;
  if (count.entries > limits.entries) {
    return new ResolveError('TooLarge', `The chart holds more than ${limits.entries} files.`);
  }
  if (entry.size > limits.fileBytes) {
    return new ResolveError('TooLarge', `The chart's file ${path} is larger than ${showBytes(limits.fileBytes)}.`);
  }
  if (count.bytes > limits.totalBytes) {
    return new ResolveError('TooLarge', `The chart is larger than ${showBytes(limits.totalBytes)} when unpacked.`);
  }
  if (!ALLOWED_TYPES.has(entry.type)) return refused(`${path} is a ${entry.type}; only files and folders are accepted`);
  const normal = entry.path.replaceAll('\\', '/');
  if (
    normal.startsWith('/') ||
    /^[A-Za-z]:/.test(normal) ||
    normal.split('/').includes('..') ||
    normal.includes('\0')
  ) {
    return refused(`${path} leads out of the archive`);
  }
  return undefined;
}

/** Ends the stream at the first problem, and before a small archive turns into gigabytes. */
function bounded(limits: ArchiveLimits, problem: () => ResolveError | undefined): Transform {
  // Headers and padding come on top of the files' own sizes.
  const most = limits.totalBytes + limits.entries * 1_536;
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const found = problem();
      if (found) return done(found);
      if (bytes > most) {
        return done(
          new ResolveError('TooLarge', `The chart is larger than ${showBytes(limits.totalBytes)} when unpacked.`),
        );
      }
      done(null, chunk);
    },
  });
}

function intoParser(parser: Parser): Writable {
  let failed: Error | undefined;
  parser.on('error', (error: Error) => {
    failed ??= error;
  });
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (failed || parser.write(chunk)) return done(failed);
      parser.once('drain', () => done(failed));
    },
    final(done) {
      parser.once('end', () => done(failed));
      parser.once('error', (error: Error) => done(error));
      parser.end();
    },
  });
}

function checkSchema(bytes: Buffer, path: string): void {
  let schema: unknown;
  try {
    schema = JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    throw refused(`${path} is not JSON`, error);
  }
  const outside = outsideReference(schema);
  if (outside !== undefined) {
    throw refused(
      `${path} refers to ${outside.slice(0, 200)}; a chart's schema may only refer to itself, since nothing else is fetched while rendering`,
    );
  }
}

function outsideReference(schema: unknown): string | undefined {
  const stack: unknown[] = [schema];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, child] of Object.entries(value)) {
      if (typeof child !== 'string') stack.push(child);
      else if (/^\$(ref|dynamicRef|recursiveRef)$/.test(key) && !child.startsWith('#') && !KNOWN_SCHEMA.test(child))
        return child;
      else if (key === '$schema' && !KNOWN_SCHEMA.test(child)) return child;
    }
  }
  return undefined;
}

function refused(why: string, cause?: unknown): ResolveError {
  return new ResolveError('ArchiveRefused', `The chart's archive is refused: ${why}.`, { cause });
}

/** The digest by which an archive is pinned, `sha256:<hex>`. */
export function digestOf(archive: Buffer): string {
  return `sha256:${createHash('sha256').update(archive).digest('hex')}`;
}
