/** Reads loosely typed properties. A field of a wrong type is an error, as it is in a CUE template. */
import type { Properties } from '../model/application.ts';
import { RenderError } from './definition.ts';

function wrong(field: string, wanted: string, value: unknown): RenderError {
  return new RenderError(
    `parameter.${field}: conflicting values ${JSON.stringify(value) ?? 'undefined'} and ${wanted}`,
  );
}

export function text(properties: Properties, field: string): string | undefined {
  const value = properties[field];
  if (value === undefined || typeof value === 'string') return value;
  throw wrong(field, 'string', value);
}

export function requiredText(properties: Properties, field: string): string {
  const value = text(properties, field);
  if (value === undefined) throw new RenderError(`parameter.${field}: incomplete value string`);
  return value;
}

export function integer(properties: Properties, field: string): number | undefined {
  const value = properties[field];
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw wrong(field, 'int', value);
}

export function flag(properties: Properties, field: string): boolean {
  const value = properties[field] ?? false;
  if (typeof value === 'boolean') return value;
  throw wrong(field, 'bool', value);
}

export function record(properties: Properties, field: string): Properties | undefined {
  const value = properties[field];
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value));
  throw wrong(field, '{...}', value);
}

export function records(properties: Properties, field: string): Properties[] | undefined {
  const value = properties[field];
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrong(field, '[...]', value);
  return value.map((item: unknown) => {
    if (typeof item === 'object' && item !== null && !Array.isArray(item))
      return Object.fromEntries(Object.entries(item));
    throw wrong(field, '[...{...}]', value);
  });
}

export function texts(properties: Properties, field: string): string[] | undefined {
  const value = properties[field];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrong(field, '[...string]', value);
}

/** Drops the fields that are undefined, so that a rendered object has exactly what it says. */
export function defined<T extends Record<string, unknown>>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
