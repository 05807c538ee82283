/** The string formats that schemas of CRDs may name; an unknown one holds for everything. */
import { isIP, isIPv4, isIPv6 } from 'node:net';

const SHAPES: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^\s@]+@[^\s@]+$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  hostname:
    /^(?=.{1,255}$)[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*\.?$/,
  duration: /^[+-]?(0|(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+)$/,
  mac: /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i,
};

const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  uri: (value) => URL.canParse(value) || value.startsWith('/'),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr(value) {
    const [address = '', bits = ''] = value.split('/');
    return isIP(address) !== 0 && /^\d+$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
  },
};

export function isFormat(format: string, value: string): boolean {
  return SHAPES[format]?.test(value) ?? CHECKS[format]?.(value) ?? true;
}
