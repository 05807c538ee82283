/** `kubenova dev`: the whole product on this machine, on loopback, until Ctrl-C. */
import { type DevFile, dataPath, openDataFolder } from '../dev/data-folder.ts';
import { type RunningWorld, startWorld, type WorldOptions } from '../dev/world.ts';
import { CommandFailure } from '../output/failure.ts';
import { createProgress } from '../output/progress.ts';

export interface DevOptions {
  world: string;
  port: string;
  data: string;
  clusters?: string;
  register: boolean;
  sample?: boolean;
  output: string;
}

/** How a world is started, and how many clusters it has unless told otherwise. A world is loaded when it is chosen. */
const worlds: Readonly<Record<string, { clusters: number; start(options: WorldOptions): Promise<RunningWorld> }>> = {
  sim: {
    clusters: 2,
    start: async (options) => startWorld((await import('../dev/sim-cluster.ts')).simClusters(), options),
  },
  real: {
    clusters: 1,
    start: async (options) => startWorld((await import('../dev/real-cluster.ts')).realClusters(), options),
  },
};

/**
 * Runs a world until SIGINT or SIGTERM, then stops everything that it started and leaves the data.
 *
 * @throws CommandFailure when an option is wrong, a port is taken or the folder is in use
 */
export async function dev(options: DevOptions): Promise<void> {
  const kind = worlds[options.world];
  if (kind === undefined) {
    throw new CommandFailure(`there is no world '${options.world}'; use --world ${Object.keys(worlds).join(' or ')}`);
  }
  if (options.sample && !options.register) throw new CommandFailure('--sample needs registered clusters');
  const port = wholeNumber(options.port, '--port', 1, 65_535);
  const wanted = options.clusters === undefined ? undefined : wholeNumber(options.clusters, '--clusters', 1, 20);
  const stopping = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const progress = createProgress();
  const data = openDataFolder(dataPath(options.data));
  data.takeFor(options.world);
  const clusters = wanted ?? (data.clusters() || kind.clusters);
  const world = await kind.start({ data, port, clusters, register: options.register, progress });
  try {
    // Ctrl-C while it starts stops what has been started by then.
    const ready = await Promise.race([world.ready.catch(explain), stopping]);
    if (ready !== undefined) {
      const { file } = ready;
      if (options.sample) {
        const { loadSample } = await import('../dev/sample.ts');
        await progress.step('sample tenants, projects and apps', (say) => loadSample(file, say));
      }
      data.writeDevFile(file);
      process.stdout.write(
        options.output === 'json' ? `${JSON.stringify({ ...file, token: undefined })}\n` : welcome(file, data.path),
      );
      await stopping;
    }
  } finally {
    await progress.step('stopping everything', () => world.stop());
    data.release();
    // A start that was interrupted may still hold timers; nothing of it is wanted any more.
    setImmediate(() => process.exit());
  }
}

/** Why a world did not start is told by the message: which program, its last lines, where its log is. */
function explain(error: unknown): never {
  if (error instanceof CommandFailure || process.env.KUBENOVA_DEBUG) throw error;
  throw new CommandFailure(error instanceof Error ? error.message : String(error));
}

function wholeNumber(text: string, option: string, lowest: number, highest: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < lowest || value > highest) {
    throw new CommandFailure(`${option} takes a whole number from ${lowest} to ${highest}, not '${text}'`);
  }
  return value;
}

function welcome(file: DevFile, folder: string): string {
  const clusters = file.clusters
    .map(
      (cluster) =>
        `  ${cluster.name} (${cluster.zone})  kubeconfig ${cluster.kubeconfig}\n${' '.repeat(cluster.name.length + cluster.zone.length + 6)} capsule-proxy ${cluster.capsuleProxyUrl}`,
    )
    .join('\n');
  return `
KubeNova runs. Ctrl-C stops it and leaves the data in ${folder}.

  Manager   ${file.managerUrl}
  token     ${file.tokenFile}
  account   ${file.account.name}, password in ${file.account.passwordFile}
  charts    ${file.helmRepositoryUrl}
  kubectl   ${file.kubectl}
${clusters}

See it do its main job:
  ./kubenova demo
Sign in:
  ./kubenova login --server ${file.managerUrl}
Or by hand:
  curl -s -H "Authorization: Bearer $(cat ${file.tokenFile})" ${file.managerUrl}/api/v1/clusters
`;
}
