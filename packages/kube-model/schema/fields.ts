/** JSON that is not yet known to be what it should be: anything else counts as nothing. */
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const fields = (value: unknown): Fields => (isFields(value) ? value : {});
export const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
export const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
