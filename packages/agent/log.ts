/** The Agent's log: JSON lines on stdout. Whoever logs passes fields that hold no secret; errors pass with their texts. */
import { type Logger, pino } from 'pino';

export type { Logger };

export function createLogger(level: string, cluster: string): Logger {
  return pino({ level, base: { program: 'kubenova-agent', cluster }, timestamp: pino.stdTimeFunctions.isoTime });
}
