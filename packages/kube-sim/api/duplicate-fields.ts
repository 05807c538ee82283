/** Fields that a JSON body names twice, about which `JSON.parse` is silent: the last one counts. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * @param value what the text was parsed to
 * @returns paths as in `spec.containers[0].name`, each once
 */
export function duplicateFields(text: string, value: unknown): string[] {
  // Most bodies are written as we would write them; one that names a field twice is longer.
  if (text.length === JSON.stringify(value).length) return [];
  const found = new Set<string>();
  const stack: { path: string; keys: Set<string> | undefined; index: number; key: string }[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const top = stack.at(-1);
    if (token === '{' || token === '[') {
      const path = top === undefined ? '' : childPath(top);
      stack.push({ path, keys: token === '{' ? new Set() : undefined, index: 0, key: '' });
    } else if (token === '}' || token === ']') stack.pop();
    else if (token === ',' && top) top.index += 1;
    else if (token === ':' && top?.keys) {
      top.key = JSON.parse(last) as string;
      if (top.keys.has(top.key)) found.add(childPath(top));
      top.keys.add(top.key);
    }
    last = token;
  }
  return [...found];
}

function childPath({ path, keys, index, key }: { path: string; keys: unknown; index: number; key: string }): string {
  if (keys === undefined) return `${path}[${index}]`;
  return path === '' ? key : `${path}.${key}`;
}
