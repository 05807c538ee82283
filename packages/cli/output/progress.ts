/**
 * Progress for people: one line a step, with a running clock on a terminal and plain lines elsewhere.
 *
 * A step that takes less than a second shows only its result; everything goes to standard error, so that standard
 * output stays for what a command answers.
 */
export interface Progress {
  /** Runs a step and shows how long it took; the step may say what it is doing right now. */
  step<T>(title: string, run: (say: (detail: string) => void) => Promise<T>): Promise<T>;
  /** A line of its own. */
  line(text: string): void;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** Makes the progress display of one command. Steps may overlap: on a terminal the newest one owns the moving line. */
export function createProgress(output: Output = process.stderr): Progress {
  const running: { title: string; detail: string; since: number }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const clear = () => {
    if (output.isTTY) output.write('\r\x1b[2K');
  };
  const draw = () => {
    const newest = running.at(-1);
    if (!output.isTTY || newest === undefined) return;
    const seconds = Math.floor((Date.now() - newest.since) / 1000);
    const columns = process.stderr.columns ?? 100;
    const text = `… ${newest.title}${newest.detail ? `: ${newest.detail}` : ''} (${seconds} s)`;
    output.write(`\r\x1b[2K${text.slice(0, columns - 1)}`);
  };

  return {
    async step(title, run) {
      const entry = { title, detail: '', since: Date.now() };
      running.push(entry);
      timer ??= setInterval(draw, 500).unref();
      draw();
      let lastDetail = '';
      const finish = (mark: string) => {
        running.splice(running.indexOf(entry), 1);
        if (running.length === 0) {
          clearInterval(timer);
          timer = undefined;
        }
        clear();
        output.write(`${mark} ${title} (${((Date.now() - entry.since) / 1000).toFixed(1)} s)\n`);
        draw();
      };
      try {
        const result = await run((detail) => {
          entry.detail = detail;
          // Without a terminal nothing moves, so each new detail is a line of its own.
          if (!output.isTTY && detail !== lastDetail) output.write(`  ${title}: ${detail}\n`);
          lastDetail = detail;
        });
        finish('✓');
        return result;
      } catch (error) {
        finish('✗');
        throw error;
      }
    },
    line(text) {
      clear();
      output.write(`${text}\n`);
      draw();
    },
  };
}
