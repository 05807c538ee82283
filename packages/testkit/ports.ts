import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Below the range from which Linux takes ports for outgoing connections, so that none is lost to one. */
const lowest = 20_000;
const highest = 32_000;

/** Ports that this process gave away and that nobody may listen on yet. */
const claimed = new Set<number>();

/**
 * Finds a free loopback port for each name and remembers them in a file, so that a second start on
 * the same data has the same addresses. A remembered port that something else took meanwhile is
 * replaced.
 *
 * @param file JSON object of port by name, made when it is missing
 */
export async function choosePorts<Name extends string>(
  names: readonly Name[],
  file: string,
): Promise<Record<Name, number>> {
  const remembered: Record<string, unknown> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const chosen: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const before = remembered[name];
    const keep = typeof before === 'number' && !claimed.has(before) && (await isFree(before));
    const port = keep ? before : await freePort();
    claimed.add(port);
    chosen[name] = port;
  }
  writeFileSync(file, `${JSON.stringify({ ...remembered, ...chosen }, null, '\t')}\n`);
  return chosen as Record<Name, number>;
}

/** Gives ports back once the programs that had them are gone. */
export function releasePorts(ports: Readonly<Record<string, number>>): void {
  for (const port of Object.values(ports)) claimed.delete(port);
}

async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = randomInt(lowest, highest);
    if (!claimed.has(port) && (await isFree(port))) return port;
  }
  throw new Error(
    `No free port was found between ${lowest} and ${highest}: stop what other tests have left running on this machine.`,
  );
}

/** Whether something could listen on a loopback port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
