/** JSON as the patches see it. Keys come from users: `constructor` and `__proto__` are names as good as any. */
export type JsonMap = Record<string, unknown>;

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field itself, never something inherited. */
export function own(map: JsonMap, field: string): unknown {
  return Object.hasOwn(map, field) ? map[field] : undefined;
}

export function put(map: JsonMap, field: string, value: unknown): void {
  if (field !== '__proto__') map[field] = value;
  else Object.defineProperty(map, field, { value, enumerable: true, configurable: true, writable: true });
}

export function isEmpty(map: object): boolean {
  for (const _ in map) return false;
  return true;
}

export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  let fields = 0;
  for (const field in a) {
    if (!Object.hasOwn(b, field) || !isEqual((a as JsonMap)[field], (b as JsonMap)[field])) return false;
    fields++;
  }
  for (const _ in b) fields--;
  return fields === 0 && !Array.isArray(b);
}

/** What Go's JSON decoder calls it. */
export function goKind(value: unknown): string {
  if (value === null || isMap(value)) return 'object';
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/** As Go prints it with `%v`: `map[a:1 b:[x y]]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isMap(value)) return String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((field) => `${field}:${goText(value[field])}`).join(' ')}]`;
}
