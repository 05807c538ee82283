/** The string formats that schemas of CRDs commonly name; an unknown one holds for everything. */
import { isIPv4, isIPv6 } from 'node:net';

const FORMATS: Readonly<Record<string, (value: string) => boolean>> = {
  'date-time': (value) => /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value),
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value),
  email: (value) => /^[^\s@]+@[^\s@]+$/.test(value),
  byte: (value) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
  duration: (value) => /^[+-]?(0|(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+)$/.test(value),
  uri: (value) => URL.canParse(value) || value.startsWith('/'),
  ipv4: isIPv4,
  ipv6: isIPv6,
};

export const isFormat = (format: string, value: string): boolean => FORMATS[format]?.(value) ?? true;
