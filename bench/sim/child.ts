import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Ready, Usage } from './cluster-process.ts';

/** Simulated clusters in a child process. */
export interface Child {
  readonly ready: Ready;
  usage(): Promise<Usage>;
  /** Puts app namespaces into each cluster; told after each. */
  fill(namespaces: number, onFilled: (clusters: number) => void): Promise<Usage>;
  stop(): void;
}

/** Starts so many clusters in one process of their own. */
export async function startChild(clusters: number): Promise<Child> {
  const child = fork(path.join(import.meta.dirname, 'cluster-process.ts'), [String(clusters)], {
    // Garbage counts as resident memory: the heap is not let to grow far beyond what lives.
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=1000', '--max-semi-space-size=4'],
  });
  const ready = (await message(child, () => true)) as Ready;
  return {
    ready,
    usage() {
      child.send({ usage: true });
      return message(child, (one) => 'cpuMs' in one) as Promise<Usage>;
    },
    async fill(namespaces, onFilled) {
      const told = (one: object) => 'filled' in one && onFilled(Number(one.filled));
      child.on('message', told);
      child.send({ fill: namespaces });
      const usage = (await message(child, (one) => 'cpuMs' in one)) as Usage;
      child.off('message', told);
      return usage;
    },
    stop: () => child.send({ stop: true }),
  };
}

function message(child: ChildProcess, wanted: (one: object) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (one: object) => {
      if (!wanted(one)) return;
      child.off('exit', onExit);
      child.off('message', onMessage);
      resolve(one);
    };
    const onExit = (code: number | null) => reject(new Error(`the simulated clusters ended with ${code}`));
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}
