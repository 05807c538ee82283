/**
 * Kubeconfigs on the person's machine: what the Manager answers is made ready for here, and merged into a file that may
 * hold anything else. Entries of ours bear a mark; whatever bears none is left as it is, also when it has a name that we
 * would have used: then nothing is written, and the name is told.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';
import { CommandFailure } from '../output/failure.ts';

/** The kinds of entries, and under which key the content of one is. */
const LISTS = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;
const MARK = 'kubenova.io';

export interface Here {
  /** Absolute path of the launcher. */
  command: string;
  /** The Manager as it is reached from here. */
  managerUrl: string;
  /** What the plugin has to find in its environment; nothing secret. */
  environment: Readonly<Record<string, string>>;
}

/** The kubeconfig with a command that works here, each entry marked. @throws CommandFailure when it is none */
export function localKubeconfig(text: string, here: Here): Document {
  const document = parseKubeconfig(text, "the Manager's answer");
  for (const list of Object.keys(LISTS) as (keyof typeof LISTS)[]) {
    for (const entry of entriesOf(document, list)) {
      entry.setIn(
        [LISTS[list], 'extensions'],
        document.createNode([{ name: MARK, extension: { manager: here.managerUrl } }]),
      );
      if (list === 'users' && entry.hasIn(['user', 'exec'])) adapt(document, entry, here);
    }
  }
  return document;
}

function adapt(document: Document, user: YAMLMap, { command, managerUrl, environment }: Here): void {
  user.setIn(['user', 'exec', 'command'], command);
  const args = user.getIn(['user', 'exec', 'args']);
  const texts = isSeq(args) ? args.items.map(String) : [];
  const server = texts.indexOf('--server');
  if (server >= 0) texts[server + 1] = managerUrl;
  user.setIn(['user', 'exec', 'args'], document.createNode(texts));
  const env = Object.entries(environment).map(([name, value]) => ({ name, value }));
  user.setIn(['user', 'exec', 'env'], env.length === 0 ? null : document.createNode(env));
}

/**
 * Puts our entries into a kubeconfig; its comments, its other entries and its current context stay.
 *
 * @throws CommandFailure when it is no kubeconfig, or has an entry of somebody else's under a name of ours
 */
export function mergeKubeconfig(existing: string, ours: Document, title: string): string {
  const document = parseKubeconfig(existing, title);
  const taken: string[] = [];
  for (const list of Object.keys(LISTS) as (keyof typeof LISTS)[]) {
    if (!isSeq(document.get(list))) document.set(list, new YAMLSeq());
    const sequence = document.get(list) as YAMLSeq;
    for (const entry of entriesOf(ours, list)) {
      const name = entry.get('name');
      const index = sequence.items.findIndex((item) => isMap(item) && item.get('name') === name);
      const found = sequence.items[index];
      if (index < 0) sequence.add(document.createNode(entry.toJS(ours)));
      else if (isMap(found) && isMarked(found, list)) sequence.items[index] = document.createNode(entry.toJS(ours));
      else taken.push(`${LISTS[list]} ${String(name)}`);
    }
  }
  if (taken.length > 0) {
    throw new CommandFailure(
      `${title} has a ${taken.join(' and a ')} already that kubenova did not write, and nothing was changed. Rename it there, or keep kubenova's apart with -o FILE and list both in KUBECONFIG.`,
    );
  }
  if (!document.get('current-context')) document.set('current-context', ours.get('current-context'));
  document.set('apiVersion', document.get('apiVersion') ?? 'v1');
  document.set('kind', document.get('kind') ?? 'Config');
  return document.toString({ lineWidth: 0 });
}

function isMarked(entry: YAMLMap, list: keyof typeof LISTS): boolean {
  const extensions = entry.getIn([LISTS[list], 'extensions']);
  return isSeq(extensions) && extensions.items.some((item) => isMap(item) && item.get('name') === MARK);
}

function entriesOf(document: Document, list: keyof typeof LISTS): YAMLMap[] {
  const sequence = document.get(list);
  return isSeq(sequence) ? sequence.items.filter((item) => isMap(item)) : [];
}

function parseKubeconfig(text: string, title: string): Document {
  const document: Document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw new CommandFailure(`${title} is no YAML: ${problem.message}`);
  if (document.contents === null) return parseDocument('apiVersion: v1\nkind: Config\n');
  if (!isMap(document.contents) || (document.get('kind') ?? 'Config') !== 'Config') {
    throw new CommandFailure(`${title} is no kubeconfig`);
  }
  return document;
}

/** The file that kubectl itself would write to. */
export function kubectlsFile(environment: NodeJS.ProcessEnv, home: string): string {
  const first = environment.KUBECONFIG?.split(process.platform === 'win32' ? ';' : ':').find((part) => part !== '');
  return first ?? `${home}/.kube/config`;
}

/**
 * Replaces a file by what becomes of its content, under the lock that kubectl takes (`<file>.lock`), so that neither
 * undoes the other's change. A link is followed, and the file keeps its mode; a new one is for its owner alone.
 *
 * @throws CommandFailure while another program writes to it
 */
export function rewriteFile(file: string, change: (before: string) => string): void {
  mkdirSync(dirname(file), { recursive: true });
  const real = existsSync(file) ? realpathSync(file) : file;
  const lock = `${file}.lock`;
  try {
    writeFileSync(lock, '', { flag: 'wx' });
  } catch {
    throw new CommandFailure(`another program writes to ${file}; try again, or remove ${lock} when there is none`);
  }
  try {
    const before = existsSync(real) ? readFileSync(real, 'utf8') : '';
    const mode = existsSync(real) ? statSync(real).mode & 0o777 : 0o600;
    const draft = `${real}.${process.pid}.tmp`;
    try {
      writeFileSync(draft, change(before), { mode });
      renameSync(draft, real);
    } finally {
      rmSync(draft, { force: true });
    }
  } finally {
    rmSync(lock, { force: true });
  }
}
