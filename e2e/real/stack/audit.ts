import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/**
 * What the API server's audit log records, always without bodies: nothing, requests that change
 * something, or every request.
 */
export type AuditLevel = 'off' | 'writes' | 'all';

/** One line of the audit log (`audit.k8s.io/v1`, level Metadata), as far as it is looked at. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  /** Whose rights the request had, when it was not the user's own. */
  readonly impersonatedUser?: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number; readonly reason?: string };
  /** RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string;
}

const writingVerbs = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** The audit policy for a level, as JSON. */
export function auditPolicy(level: Exclude<AuditLevel, 'off'>): string {
  const rules =
    level === 'all' ? [{ level: 'Metadata' }] : [{ level: 'Metadata', verbs: writingVerbs }, { level: 'None' }];
  return JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules,
  });
}

/** A reader of an audit log that remembers how far it has read. */
export class AuditLog {
  readonly file: string;
  #offset = 0;

  constructor(file: string) {
    this.file = file;
    this.skip();
  }

  /** Forgets everything that was recorded so far. */
  skip(): void {
    this.#offset = existsSync(this.file) ? statSync(this.file).size : 0;
  }

  /** What was recorded since the last `read` or `skip`, the oldest first. */
  read(): readonly AuditEvent[] {
    if (!existsSync(this.file)) return [];
    const size = statSync(this.file).size;
    const buffer = Buffer.alloc(Math.max(0, size - this.#offset));
    const handle = openSync(this.file, 'r');
    const length = readSync(handle, buffer, 0, buffer.length, this.#offset);
    closeSync(handle);
    // A line that is only half written is left for the next time.
    const end = buffer.subarray(0, length).lastIndexOf(0x0a) + 1;
    this.#offset += end;
    const lines = buffer.toString('utf8', 0, end).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }
}
