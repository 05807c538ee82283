/**
 * `kubenova test`: one runner, several suites. `unit` needs nothing but the npm packages; `real` builds and starts a
 * real Kubernetes control plane. The last line is always `N passed, N failed`, also when the runner itself breaks.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailure } from '../output/failure.ts';
import { projectRoot } from '../project.ts';

const suites: Record<string, readonly string[]> = {
  unit: ['unit'],
  real: ['real'],
  all: ['unit', 'real'],
};

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs a suite.
 *
 * @param suite `unit`, `real` or `all`
 * @param filters only test files whose path contains one of these
 * @throws CommandFailure when a test failed, or when none ran
 */
export async function test(suite: string, filters: readonly string[], options: { update?: boolean }): Promise<void> {
  const projects = suites[suite];
  if (projects === undefined) {
    throw new CommandFailure(`there is no suite '${suite}'; use one of ${Object.keys(suites).join(', ')}`);
  }
  if (projects.includes('real')) await (await import('../dev/real-binaries.ts')).prepareRealBinaries();
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const project of projects) {
    const counts = await runProject(project, filters, options.update === true);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}

async function runProject(project: string, filters: readonly string[], update: boolean): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'kubenova-test-'));
  const resultFile = join(folder, 'result.json');
  try {
    const code = await runVitest(project, resultFile, filters, update);
    return readCounts(resultFile, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest(project: string, resultFile: string, filters: readonly string[], update: boolean): Promise<number> {
  const runnerArguments = [
    join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    `--project=${project}`,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${resultFile}`,
    ...(update ? ['--update'] : []),
    ...filters,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, runnerArguments, {
      cwd: projectRoot,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

function readCounts(resultFile: string, code: number): Counts {
  let result: { numPassedTests: number; numFailedTests: number; numPendingTests: number; numFailedTestSuites: number };
  try {
    result = JSON.parse(readFileSync(resultFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // A file that could not be loaded, or an error outside every test, fails the run although no test says so.
  const failed =
    result.numFailedTests > 0 || code === 0 ? result.numFailedTests : Math.max(1, result.numFailedTestSuites);
  return { passed: result.numPassedTests, failed, skipped: result.numPendingTests };
}
