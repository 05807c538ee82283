/** Networks in CIDR notation (RFC 4632, RFC 4291). */
import { isIP } from 'node:net';

export interface Cidr {
  family: 4 | 6;
  /** The address as a number. */
  bits: bigint;
  prefix: number;
}

const width = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** The network; undefined when the text is none, or has a bit set beyond its length. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/%]+)\/(0|[1-9][0-9]{0,2})$/.exec(text);
  const [address, digits] = [match?.[1] ?? '', match?.[2] ?? ''];
  const version = isIP(address);
  if (match === null || version === 0) return undefined;
  const family = version === 4 ? 4 : 6;
  const prefix = Number(digits);
  if (prefix > width(family)) return undefined;
  const bits = family === 4 ? bitsOf4(address) : bitsOf6(address);
  const host = (1n << BigInt(width(family) - prefix)) - 1n;
  return (bits & host) === 0n ? { family, bits, prefix } : undefined;
}

/** Whether all of the inner network is in the outer one. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || inner.prefix < outer.prefix) return false;
  const shift = BigInt(width(outer.family) - outer.prefix);
  return outer.bits >> shift === inner.bits >> shift;
}

function bitsOf4(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOf6(address: string): bigint {
  // The last 32 bits may be written as those of an IPv4 address.
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const tail = dotted?.[2] === undefined ? undefined : bitsOf4(dotted[2]);
  const text =
    tail === undefined ? address : `${dotted?.[1] ?? ''}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [head = '', rest] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [left, right] = [groups(head), groups(rest ?? '')];
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
