/**
 * The layer rule as data: which package may import which. A leaf never imports another, nothing in production imports
 * what exists for tests and for `dev`, and a package has no inner barrel and no drawer for odds and ends.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

const mayImport: Record<string, readonly string[]> = {
  knapi: [],
  kube: [],
  'kube-model': ['kube'],
  'kube-sim': ['kube', 'kube-model'],
  domain: ['knapi'],
  'stand-ins': ['kube', 'kube-model', 'kube-sim'],
  manager: ['knapi', 'domain', 'kube'],
  agent: ['knapi', 'domain', 'kube'],
  cli: ['knapi'],
  testkit: ['knapi', 'domain', 'kube', 'manager', 'agent', 'stand-ins', 'kube-model', 'kube-sim'],
};

/** Only these reach beyond their layer, because they put the product together for a developer or a test. */
const assemblers = [
  /^packages\/cli\/(dev|commands\/(dev|test|bench))/,
  /\.test\.ts$/,
  /^packages\/[^/]+\/testing\//,
  /^e2e\//,
  /^bench\//,
  /^packages\/testkit\//,
];

interface Import {
  file: string;
  specifier: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('node_modules') && !file.includes('/generated/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const pattern =
    /^(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    file: relative(root, file),
    specifier: match[1] ?? match[2] ?? match[3] ?? '',
  }));
}

const files = ['packages', 'e2e', 'bench'].flatMap((folder) => sourceFiles(join(root, folder)));

describe('layers', () => {
  it('sees the source', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it('are imported only from above', () => {
    const wrong = files.flatMap(importsOf).filter(({ file, specifier }) => {
      const from = /^packages\/([^/]+)\//.exec(file)?.[1];
      const to = /^@kubenova\/([^/]+)\//.exec(specifier)?.[1];
      if (from === undefined || to === undefined || from === to) return false;
      if (assemblers.some((pattern) => pattern.test(file))) return false;
      return !mayImport[from]?.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('are crossed by package name, never by a path that climbs out', () => {
    const climbing = files.flatMap(importsOf).filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const home = /^(packages\/[^/]+|e2e|bench)\//.exec(file)?.[1] ?? '';
      const target = relative(root, join(root, file, '..', specifier));
      return !target.startsWith(`${home}/`) && !assemblers.some((pattern) => pattern.test(file));
    });
    expect(climbing).toEqual([]);
  });

  it('are all listed', () => {
    expect(readdirSync(join(root, 'packages')).sort()).toEqual(Object.keys(mayImport).sort());
  });
});

describe('the simulator', () => {
  it('serves this product and is not a Kubernetes: its server stays under 6,000 lines', () => {
    const own = files.filter((file) => file.includes('/packages/kube-sim/') && !/\.test\.ts$|\/testing\//.test(file));
    const lines = own.map((file) => readFileSync(file, 'utf8').split('\n').length - 1);
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThan(6_000);
  });
});

describe('the tree', () => {
  it('has no drawers and no inner barrels', () => {
    const wrong = files
      .map((file) => relative(root, file))
      .filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)|\/index\.ts$/.test(file));
    expect(wrong).toEqual([]);
  });
});
