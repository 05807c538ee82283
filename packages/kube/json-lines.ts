/**
 * Splits a byte stream into lines. A watch sends one JSON document a line, and TCP cuts it anywhere, also inside a multi-byte
 * character: so bytes are gathered up to the line feed (0x0a, which UTF-8 uses for nothing else) and decoded only then.
 */
import { KubeError } from './error.ts';

/** etcd takes objects up to 1.5 MB; JSON and managed fields can make more of that, but a line beyond this is no Kubernetes object. */
export const LINE_LIMIT_BYTES = 32 * 1024 * 1024;

export interface LineSplitter {
  /** Takes the next bytes and answers the lines that they complete, without empty ones. */
  push(chunk: Uint8Array): string[];
  /** Bytes of a line that has not ended: more than 0 at the end of a stream means that it was cut inside a document. */
  pendingBytes(): number;
}

export function createLineSplitter(limit = LINE_LIMIT_BYTES): LineSplitter {
  let parts: Uint8Array[] = [];
  let size = 0;

  function push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const tail = chunk.subarray(start, end);
      const bytes = parts.length === 0 ? tail : Buffer.concat([...parts, tail]);
      const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').trim();
      if (line !== '') {
        lines.push(line);
      }
      parts = [];
      size = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      const rest = chunk.subarray(start);
      size += rest.length;
      if (size > limit) {
        throw new KubeError('TooLarge', `A line of the watch is longer than ${limit} bytes.`);
      }
      parts.push(rest);
    }
    return lines;
  }
  return { push, pendingBytes: () => size };
}
