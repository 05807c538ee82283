/** Tells a person what happens: the request, the answer, and what the cluster then shows. */
import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline/promises';

export interface NarratorOptions {
  readonly kubectl: string;
  /** Waits for Enter between steps. */
  readonly paced: boolean;
  readonly output?: { write(text: string): unknown; isTTY?: boolean };
}

/** What a kubectl call ended with. */
export interface Shown {
  readonly code: number;
  readonly text: string;
}

export interface Narrator {
  /** A heading and a sentence or two; waits for Enter before all but the first when paced. */
  step(title: string, why: string): Promise<void>;
  line(text: string): void;
  /** A request and its answer, shortened to what matters. */
  exchange(method: string, path: string, body: unknown, status: number, answer: unknown): void;
  /** Runs kubectl for real and shows the command and what it printed. */
  kubectl(kubeconfig: { file: string; shownAs: string }, ...words: string[]): Promise<Shown>;
}

const WIDTH = 110;

/** What a newcomer looks for in an answer; a problem shows what it says. */
const TELLING = ['id', 'name', 'namespace', 'revision', 'expiresAt', 'code', 'detail'];

export function createNarrator(options: NarratorOptions): Narrator {
  const { output = process.stdout } = options;
  const paint = (code: string, text: string) => (output.isTTY ? `\x1b[${code}m${text}\x1b[0m` : text);
  const write = (text: string) => void output.write(`${text}\n`);
  let steps = 0;
  return {
    async step(title, why) {
      if (steps > 0 && options.paced) await enter();
      steps += 1;
      write(`\n${paint('1', `${steps}. ${title}`)}\n${why}\n`);
    },
    line: write,
    exchange(method, path, body, status, answer) {
      write(paint('36', `   ${method} ${path}`));
      if (body !== undefined) write(paint('36', `   ${short(JSON.stringify(body))}`));
      write(`   ${paint(status < 300 ? '32' : '31', String(status))} ${JSON.stringify(gist(answer))}\n`);
    },
    kubectl(kubeconfig, ...words) {
      write(paint('33', `   $ kubectl ${kubeconfig.shownAs} ${words.join(' ')}`));
      return new Promise((resolve) => {
        const environment = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', KUBECONFIG: kubeconfig.file };
        execFile(options.kubectl, words, { env: environment, timeout: 30_000 }, (error, stdout, stderr) => {
          const text = (stdout + stderr).trimEnd();
          for (const line of text.split('\n')) write(`   ${line}`);
          write('');
          resolve({ code: error === null ? 0 : 1, text });
        });
      });
    },
  };
}

async function enter(): Promise<void> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    await reader.question('\n   [Enter] goes on ');
  } finally {
    reader.close();
  }
}

function gist(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  const told = Object.fromEntries(Object.entries(answer).filter(([field]) => TELLING.includes(field)));
  const phase = 'status' in answer && (answer.status as { phase?: string }).phase;
  return phase ? { ...told, phase } : told;
}

function short(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}
