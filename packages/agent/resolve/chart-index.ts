/**
 * The index of a Helm chart repository (`index.yaml`, https://helm.sh/docs/topics/chart_repository/#the-index-file).
 *
 * Public indexes reach tens of megabytes for a thousand charts, and a YAML tree of that takes half a gigabyte of heap.
 * Helm writes them in one fixed block form, `entries:` with the charts' names below it at one indent, so only the
 * lines of the chart that is wanted are parsed. An index in any other form (JSON, flow style, anchors) is parsed
 * whole if it is small.
 */
import semver from 'semver';
import { parse } from 'yaml';
import { showBytes } from './download.ts';
import { ResolveError, showUrl } from './error.ts';

/** One published version of a chart, as far as it is needed here. */
export interface ChartEntry {
  readonly version: string;
  readonly urls: readonly string[];
  /** SHA-256 of the archive in lower-case hex; old repositories leave it out. */
  readonly digest?: string;
}

/** An index that is not in Helm's own form is parsed whole up to this size. */
const MAX_WHOLE_INDEX_BYTES = 4 * 1024 * 1024;

/**
 * Reads the entries of one chart.
 *
 * @throws ResolveError IndexInvalid, ChartNotFound (which names charts that exist)
 */
export function readChartEntries(index: string, chart: string, repository: URL): ChartEntry[] {
  const section = cutChart(index, chart);
  if (section.kind === 'missing') throw chartNotFound(chart, section.names, repository);
  const list = section.kind === 'found' ? parseSection(section.text, repository) : wholeIndex(index, chart, repository);
  const entries = Array.isArray(list) ? list.flatMap(readEntry) : [];
  if (entries.length === 0) {
    throw new ResolveError('IndexInvalid', `The index of ${showUrl(repository)} lists no usable version of ${chart}.`);
  }
  return entries;
}

type Section = { kind: 'found'; text: string } | { kind: 'missing'; names: string[] } | { kind: 'unknown-form' };

function cutChart(index: string, chart: string): Section {
  const start = /^entries:[ \t]*\r?$/m.exec(index);
  if (start === null) return { kind: 'unknown-form' };
  const names: string[] = [];
  let indent: string | undefined;
  let from = -1;
  for (const line of linesFrom(index, start.index + start[0].length + 1)) {
    // The next top-level key ends the entries.
    if (/^[^\s#-]/.test(line.text)) {
      if (from >= 0) return { kind: 'found', text: index.slice(from, line.start) };
      break;
    }
    const key = /^( +)(["']?)([A-Za-z0-9][A-Za-z0-9._-]*)\2:[ \t]*$/.exec(line.text);
    if (key === null || (indent !== undefined && key[1] !== indent)) continue;
    indent ??= key[1];
    if (from >= 0) return { kind: 'found', text: index.slice(from, line.start) };
    names.push(key[3] ?? '');
    if (key[3] === chart) from = line.start;
  }
  if (from >= 0) return { kind: 'found', text: index.slice(from) };
  return names.length === 0 ? { kind: 'unknown-form' } : { kind: 'missing', names };
}

function* linesFrom(text: string, start: number): Generator<{ start: number; text: string }> {
  for (let at = start; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    const line = text.slice(at, stop);
    yield { start: at, text: line.endsWith('\r') ? line.slice(0, -1) : line };
    at = stop + 1;
  }
}

function parseSection(text: string, repository: URL): unknown {
  const parsed = parseYaml(text, repository);
  return isRecord(parsed) ? Object.values(parsed)[0] : undefined;
}

function wholeIndex(index: string, chart: string, repository: URL): unknown {
  if (index.length > MAX_WHOLE_INDEX_BYTES) {
    throw new ResolveError(
      'IndexInvalid',
      `The index of ${showUrl(repository)} is not in the form that helm writes and larger than ${showBytes(MAX_WHOLE_INDEX_BYTES)}; write it with "helm repo index".`,
    );
  }
  const parsed = parseYaml(index, repository);
  if (!isRecord(parsed) || !isRecord(parsed.entries)) {
    throw new ResolveError(
      'IndexInvalid',
      `What ${showUrl(repository)} serves as index.yaml is not the index of a Helm repository; check repoUrl.`,
    );
  }
  if (!Object.hasOwn(parsed.entries, chart)) throw chartNotFound(chart, Object.keys(parsed.entries), repository);
  return parsed.entries[chart];
}

function parseYaml(text: string, repository: URL): unknown {
  try {
    return parse(text, { uniqueKeys: false, logLevel: 'error' });
  } catch (error) {
    throw new ResolveError(
      'IndexInvalid',
      `What ${showUrl(repository)} serves as index.yaml is not valid YAML; check repoUrl.`,
      { cause: error },
    );
  }
}

function readEntry(value: unknown): ChartEntry[] {
  if (!isRecord(value)) return [];
  // A version that looks like a number, such as 1.10, has lost its text in YAML; helm never writes it so.
  const urls = Array.isArray(value.urls) ? value.urls.filter((url) => typeof url === 'string') : [];
  if (typeof value.version !== 'string' || urls.length === 0) return [];
  const digest = typeof value.digest === 'string' ? value.digest.toLowerCase().replace(/^sha256:/, '') : '';
  return [{ version: value.version, urls, ...(/^[0-9a-f]{64}$/.test(digest) ? { digest } : {}) }];
}

function chartNotFound(chart: string, names: readonly string[], repository: URL): ResolveError {
  const shown = [...names].sort((a, b) => closeness(b, chart) - closeness(a, chart) || a.localeCompare(b)).slice(0, 10);
  const rest = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  const has = names.length === 0 ? 'it lists no charts' : `it has ${shown.join(', ')}${rest}`;
  return new ResolveError('ChartNotFound', `${showUrl(repository)} has no chart ${chart}; ${has}.`);
}

/** How much two names have in common, so that a typing error finds its neighbour first. */
function closeness(name: string, wanted: string): number {
  if (name.includes(wanted) || wanted.includes(name)) return 1_000;
  let common = 0;
  while (common < name.length && name[common] === wanted[common]) common++;
  return common;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Chooses the version that was asked for: an exact one, or the newest in a range.
 *
 * Ranges are those of npm's semver, and Helm's commas between comparators are understood. Pre-releases count only if
 * the range itself names one (`>=1.0.0-0`), as in Helm.
 *
 * @throws ResolveError VersionInvalid, VersionNotFound (which names the newest versions)
 */
export function chooseVersion(entries: readonly ChartEntry[], wanted: string, chart: string): ChartEntry {
  const text = wanted.trim();
  const exact = entries.find(({ version }) => version === text) ?? entries.find((entry) => sameVersion(entry, text));
  if (exact) return exact;
  const includePrerelease = /\d-[0-9A-Za-z]/.test(text);
  const range = semver.validRange(text.replaceAll(',', ' '), { includePrerelease });
  if (range === null) {
    throw new ResolveError(
      'VersionInvalid',
      `${text} is neither a version nor a range of versions, such as 1.2.3, ^1.2 or ">=1.2 <2".`,
    );
  }
  let best: ChartEntry | undefined;
  for (const entry of entries) {
    if (!semver.satisfies(entry.version, range, { includePrerelease })) continue;
    if (best === undefined || semver.gt(entry.version, best.version)) best = entry;
  }
  if (best) return best;
  const newest = entries
    .filter(({ version }) => semver.valid(version) !== null)
    .sort((a, b) => semver.rcompare(a.version, b.version))
    .slice(0, 5)
    .map(({ version }) => version);
  throw new ResolveError(
    'VersionNotFound',
    `No version of ${chart} is ${text}; ${newest.length === 0 ? 'none follows semantic versioning' : `the newest are ${newest.join(', ')}`}.`,
  );
}

function sameVersion(entry: ChartEntry, text: string): boolean {
  return semver.valid(text) !== null && semver.valid(entry.version) !== null && semver.eq(entry.version, text);
}

/**
 * Where the archive of an entry is: relative URLs are resolved against the repository's own, as Helm does.
 *
 * @param repository the repository's URL with a trailing slash
 * @throws ResolveError IndexInvalid
 */
export function archiveUrl(entry: ChartEntry, repository: URL): URL {
  for (const text of entry.urls) {
    const url = URL.parse(text, repository.href);
    if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  }
  throw new ResolveError(
    'IndexInvalid',
    `The index of ${showUrl(repository)} gives no http or https address for version ${entry.version}.`,
  );
}
