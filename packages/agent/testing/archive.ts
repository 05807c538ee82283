/** Tar archives out of memory, also such as no tool would write. For tests only. */
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';

export type Entry = { path: string; content?: string | Buffer } & Pick<HeaderData, 'type' | 'linkpath'>;

/** A gzipped tar with these entries. */
export function archive(entries: readonly Entry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, content = '', type = 'File', linkpath } of entries) {
    const body = Buffer.from(content);
    const header = new Header({
      path,
      mode: 0o644,
      size: body.length,
      mtime: new Date(0),
      type,
      linkpath,
      uid: 0,
      gid: 0,
    });
    header.encode();
    blocks.push(header.block ?? Buffer.alloc(512), body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** The smallest chart: one ConfigMap out of the values. */
export function chart(name: string, version: string, files: Record<string, string> = {}): Buffer {
  const all: Record<string, string> = {
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
    'values.yaml': 'message: hello\n',
    'templates/configmap.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  message: {{ .Values.message | quote }}\n',
    ...files,
  };
  return archive(Object.entries(all).map(([path, content]) => ({ path: `${name}/${path}`, content })));
}
