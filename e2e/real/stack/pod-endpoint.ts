import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';

/** What simulated containers say: their log lines and the answer at each of their ports. */
export interface PodEndpoint {
  /** Adds a line to the log that every container of the cluster shows. */
  log(line: string, stream?: 'stdout' | 'stderr'): void;
  stop(): Promise<void>;
}

/** Milliseconds between two log lines, so that following a log shows that it lives. */
const beat = 2000;

/**
 * Starts the one HTTP server to which port-forwards of every simulated pod lead, and begins the log
 * file that every simulated container shows.
 */
export async function startPodEndpoint(port: number, logFile: string): Promise<PodEndpoint> {
  writeFileSync(logFile, '');
  const log = (line: string, stream: 'stdout' | 'stderr' = 'stdout') =>
    appendFileSync(logFile, `${new Date().toISOString()} ${stream} F ${line}\n`);
  log('simulated container started');
  let count = 0;
  const timer = setInterval(() => log(`still running (${++count})`), beat);
  timer.unref();
  const server: Server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify({ message: 'a simulated pod', path: request.url })}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  server.unref();
  return {
    log,
    async stop() {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
