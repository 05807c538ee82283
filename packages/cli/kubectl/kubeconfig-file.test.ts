import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubectlsFile, localKubeconfig, mergeKubeconfig, rewriteFile } from './kubeconfig-file.ts';

const here = { command: '/opt/kubenova/kubenova', managerUrl: 'https://kn.example.com', environment: {} };
const issued = (cluster = 'north', server = 'https://north.example.com:9001') => `
apiVersion: v1
kind: Config
current-context: acme@${cluster}
clusters:
- {name: ${cluster}, cluster: {server: "${server}"}}
users:
- name: acme@${cluster}
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: kubenova, env: null, args: [kubectl-credential, --server, "http://internal:8080", --tenant, acme, --cluster, ${cluster}]}
contexts:
- {name: acme@${cluster}, context: {cluster: ${cluster}, user: acme@${cluster}}}
`;
const ours = (...of: Parameters<typeof issued>) => localKubeconfig(issued(...of), here);

const OTHERS = `# kept by hand
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: home
clusters:
  - name: home # the old one
    cluster: {server: https://home.example.com}
users:
  - name: me
    user: {token: secret}
contexts:
  - name: home
    context: {cluster: home, user: me, namespace: work}
`;

describe('a kubeconfig for this machine', () => {
  it('calls the launcher by its path, and the Manager as it is reached from here', () => {
    const environment = { KUBENOVA_CONFIG: '/home/ann/.kn' };
    const { exec } = localKubeconfig(issued(), { ...here, environment }).toJS().users[0].user;
    expect(exec.command).toBe('/opt/kubenova/kubenova');
    expect(exec.args.slice(0, 3)).toEqual(['kubectl-credential', '--server', 'https://kn.example.com']);
    expect(exec.env).toEqual([{ name: 'KUBENOVA_CONFIG', value: '/home/ann/.kn' }]);
  });
});

describe('merging', () => {
  it('adds ours, and loses nothing', () => {
    const merged = mergeKubeconfig(OTHERS, ours(), 'config');
    expect(merged).toContain('# kept by hand');
    expect(merged).toContain('# the old one');
    const before = parse(OTHERS);
    const after = parse(merged);
    expect(after).toMatchObject({ preferences: { colors: true }, 'current-context': 'home' });
    for (const list of ['clusters', 'users', 'contexts'] as const) {
      expect(after[list]).toHaveLength(2);
      expect(after[list][0]).toEqual(before[list][0]);
    }
  });

  it('replaces what is ours, and nothing else', () => {
    const once = mergeKubeconfig(OTHERS, ours(), 'config');
    const moved = mergeKubeconfig(once, ours('north', 'https://moved.example.com'), 'config');
    const both = parse(mergeKubeconfig(moved, ours('south'), 'config'));
    expect(both.clusters.map(({ name }: { name: string }) => name)).toEqual(['home', 'north', 'south']);
    expect(both.clusters[1].cluster.server).toBe('https://moved.example.com');
  });

  it.each(['', '\n# nothing yet\n'])('begins a file that holds nothing (%j)', (text) => {
    const merged = parse(mergeKubeconfig(text, ours(), 'config'));
    expect(merged).toMatchObject({ apiVersion: 'v1', kind: 'Config', 'current-context': 'acme@north' });
  });

  it('refuses to take a name that is somebody else’s, and says which', () => {
    const others = OTHERS.replaceAll('name: home', 'name: north');
    expect(() => mergeKubeconfig(others, ours(), 'config')).toThrow(
      /config has a cluster north already that kubenova did not write, and nothing was changed/,
    );
  });

  it.each([
    ['a list', '- a\n', /no kubeconfig/],
    ['another kind', 'kind: Secret\n', /no kubeconfig/],
    ['no YAML', 'a: [\n', /no YAML/],
  ])('refuses %s', (_what, text, message) => {
    expect(() => mergeKubeconfig(text, ours(), 'config')).toThrow(message);
  });
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubenova-kubeconfig-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the one that kubectl writes to', () => {
    expect(kubectlsFile({}, '/home/ann')).toBe('/home/ann/.kube/config');
    expect(kubectlsFile({ KUBECONFIG: '' }, '/home/ann')).toBe('/home/ann/.kube/config');
    expect(kubectlsFile({ KUBECONFIG: ':/a:/b' }, '/home/ann')).toBe('/a');
  });

  it('is made for its owner alone, with its folder', () => {
    const file = join(folder, 'new', 'config');
    rewriteFile(file, () => 'content');
    expect(readFileSync(file, 'utf8')).toBe('content');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps its mode, and stays the link that it is', () => {
    mkdirSync(join(folder, 'real'));
    const real = join(folder, 'real', 'config');
    writeFileSync(real, 'before', { mode: 0o640 });
    const link = join(folder, 'config');
    symlinkSync(real, link);
    rewriteFile(link, (before) => `${before} and after`);
    expect(readFileSync(real, 'utf8')).toBe('before and after');
    expect(statSync(real).mode & 0o777).toBe(0o640);
  });

  it('stays as it was when the change fails, and lets the next one in', () => {
    const file = join(folder, 'config');
    writeFileSync(file, 'before');
    expect(() =>
      rewriteFile(file, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(readdirSync(folder)).toEqual(['config']);
    rewriteFile(file, (before) => before.toUpperCase());
    expect(readFileSync(file, 'utf8')).toBe('BEFORE');
  });

  it('is not touched while kubectl holds its lock', () => {
    const file = join(folder, 'config');
    writeFileSync(`${file}.lock`, '');
    expect(() => rewriteFile(file, () => 'mine')).toThrow(/another program writes to .*config; try again, or remove/);
    expect(readdirSync(folder)).toEqual(['config.lock']);
  });
});
