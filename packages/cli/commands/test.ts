/**
 * `kubenova test`: one runner, several suites. `unit` needs nothing but the npm packages; `sim` runs against the
 * simulator, with the real kubectl; `real` builds and starts a real Kubernetes control plane. `conformance` is the part
 * of `sim` and `real` that is the same for both, against one world or any cluster. The last line is always
 * `N passed, N failed`, also when the runner itself breaks.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CommandFailure } from '../output/failure.ts';
import { createProgress } from '../output/progress.ts';
import { projectRoot } from '../project.ts';

const suites: Record<string, readonly string[]> = {
  unit: ['unit'],
  sim: ['sim'],
  real: ['real'],
  conformance: [],
  all: ['unit', 'sim', 'real'],
};
const worlds = ['sim', 'real', 'kubeconfig'];

/** Options of the command. All but `update` are for the suite `conformance`. */
export interface TestOptions {
  /** Rewrite golden files. */
  update?: boolean;
  /** `sim` when left out, or `kubeconfig` where one is named. */
  world?: string;
  /** File, for the world `kubeconfig`. */
  kubeconfig?: string;
  /** Only cases with this text in their id or title. */
  filter?: string;
}

/** What one run of the runner is: a project of `vitest.config.ts`, its files, and what it is told. */
interface Run {
  project: string;
  filters: readonly string[];
  update: boolean;
  environment: Record<string, string>;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs a suite.
 *
 * @param suite `unit`, `sim`, `real`, `conformance` or `all`
 * @param filters only test files whose path contains one of these
 * @throws CommandFailure when a test failed, or when none ran
 */
export async function test(suite: string, filters: readonly string[], options: TestOptions): Promise<void> {
  const projects = suites[suite];
  if (projects === undefined) {
    throw new CommandFailure(`there is no suite '${suite}'; use one of ${Object.keys(suites).join(', ')}`);
  }
  const { update = false, world, kubeconfig, filter } = options;
  if (suite !== 'conformance' && [world, kubeconfig, filter].some((option) => option !== undefined)) {
    throw new CommandFailure('--world, --kubeconfig and --filter are for the suite conformance');
  }
  const record = { KUBENOVA_CONFORMANCE_RECORD: 'yes' };
  const runs: Run[] =
    suite === 'conformance'
      ? [conformance(filters, options)]
      : projects.map((project) => ({
          project,
          filters,
          update,
          environment: update && project === 'real' ? record : {},
        }));
  if (runs.some((run) => run.project === 'real' && run.environment.KUBENOVA_CONFORMANCE_WORLD !== 'kubeconfig')) {
    await (await import('../dev/real-binaries.ts')).prepareRealBinaries();
  }
  const tools = runs.some(
    ({ project, environment }) => project === 'sim' || environment.KUBENOVA_CONFORMANCE_WORLD === 'kubeconfig',
  );
  const kubectl = tools ? (await (await import('../dev/tools.ts')).findTools(createProgress())).kubectl : undefined;
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const run of runs) {
    const environment = { ...run.environment, ...(kubectl !== undefined && { KUBENOVA_KUBECTL: kubectl }) };
    const counts = await runProject({ ...run, environment });
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}

function conformance(filters: readonly string[], options: TestOptions): Run {
  const { update = false, kubeconfig, filter } = options;
  const world = options.world ?? (kubeconfig === undefined ? 'sim' : 'kubeconfig');
  if (!worlds.includes(world))
    throw new CommandFailure(`there is no world '${world}'; use one of ${worlds.join(', ')}`);
  if ((world === 'kubeconfig') !== (kubeconfig !== undefined)) {
    throw new CommandFailure('--world kubeconfig and --kubeconfig FILE go together');
  }
  if (update && world === 'sim') {
    throw new CommandFailure('the real API server decides what is right: --update needs --world real');
  }
  return {
    project: world === 'sim' ? 'sim' : 'real',
    filters: ['e2e/conformance', ...filters],
    update: false,
    environment: {
      KUBENOVA_CONFORMANCE_WORLD: world,
      ...(kubeconfig !== undefined && { KUBENOVA_CONFORMANCE_KUBECONFIG: resolve(kubeconfig) }),
      ...(filter !== undefined && { KUBENOVA_CONFORMANCE_FILTER: filter }),
      ...(update && { KUBENOVA_CONFORMANCE_RECORD: 'yes' }),
    },
  };
}

async function runProject(run: Run): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'kubenova-test-'));
  const resultFile = join(folder, 'result.json');
  try {
    const code = await runVitest(run, resultFile);
    return readCounts(resultFile, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest({ project, filters, update, environment }: Run, resultFile: string): Promise<number> {
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
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, runnerArguments, {
      cwd: projectRoot,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => done(code ?? 1));
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
