/**
 * Which addresses the Agent connects to on behalf of an App.
 *
 * The address of a chart repository comes from a tenant, while the Agent sits inside the cluster's network: without
 * a policy it would fetch the cloud's metadata service, the API server or a neighbour's Service for whoever asks
 * (server-side request forgery, CWE-918). Three things make the check hold:
 *
 * - What counts is the *address that is connected to*, not the name: the check is made inside the `lookup` of the
 *   connection itself, so that a name that answers differently the second time (DNS rebinding) gains nothing.
 * - Every redirect is a new connection and passes the same check.
 * - It is a list of what is allowed: globally reachable unicast (IANA special-purpose registries, RFC 6890), which
 *   leaves out loopback, private, shared, link-local (metadata services), multicast, and every IPv6 form that carries
 *   an IPv4 address inside. An operator can open networks of a company by CIDR, but never link-local ones.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface AddressPolicy {
  /** Loopback is for development and tests, where the chart repository runs on the same machine. */
  readonly allowLoopback: boolean;
  /** Networks that are not globally reachable and yet hold sources, such as `10.20.0.0/16`. */
  readonly allowed: readonly string[];
  /** Networks that are refused though they look public, such as a cluster's Service range. */
  readonly denied: readonly string[];
}

export const STRICT_POLICY: AddressPolicy = { allowLoopback: false, allowed: [], denied: [] };

/** Thrown out of the connection's lookup, and recognised by its code when the HTTP client hands it on. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ERR_ADDRESS_REFUSED';
}

/** Names that only mean something inside a cluster, whatever they resolve to. */
const CLUSTER_NAME = /(^|\.)(svc|cluster\.local)\.?$/i;

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Why a host name must not be asked for, before it is resolved.
 *
 * @returns a sentence, and undefined when the name may be resolved
 */
export function hostProblem(host: string, policy: AddressPolicy): string | undefined {
  const name = host.replace(/^\[|\]$/g, '');
  if (isIP(name) !== 0) return addressProblem(name, policy);
  if (CLUSTER_NAME.test(name)) return `${name} is a name inside the cluster`;
  if (!name.replace(/\.$/, '').includes('.') && !(policy.allowLoopback && name === 'localhost')) {
    return `${name} is not a full host name`;
  }
  return undefined;
}

/**
 * Why an IP address must not be connected to.
 *
 * @returns a sentence, and undefined when the address is allowed
 */
export function addressProblem(address: string, policy: AddressPolicy): string | undefined {
  if (!ipaddr.isValid(address)) return `${address} is not an IP address`;
  // A mapped address (::ffff:a.b.c.d) reaches the IPv4 one, so that one is judged.
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'linkLocal') return `${address} is link-local, where clouds keep their metadata service`;
  if (inAny(parsed, policy.denied)) return `${address} is in a network that this cluster's operator denies`;
  if (range === 'loopback') return policy.allowLoopback ? undefined : `${address} is the Agent's own loopback`;
  if (inAny(parsed, policy.allowed)) return undefined;
  const global = parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST);
  if (range === 'unicast' && global) return undefined;
  return `${address} is not a public address (${range === 'unicast' ? 'reserved' : range})`;
}

function inAny(address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly string[]): boolean {
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match(base as ipaddr.IPv4 & ipaddr.IPv6, bits);
  });
}

/**
 * A `lookup` for `net.connect` that hands out checked addresses only. One bad address among several refuses the name:
 * a public name that also points inside is either an attack or a mistake.
 */
export function checkedLookup(policy: AddressPolicy, resolve: typeof dnsLookup = dnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '');
      for (const { address } of addresses) {
        const problem = addressProblem(address, policy);
        if (problem !== undefined) return callback(new AddressRefusedError(`${hostname}: ${problem}`), '');
      }
      const first = addresses[0];
      if (first === undefined) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

/**
 * Checks the operator's lists at the start, so that a typing error is found there and not at the first chart.
 *
 * @throws Error that names the entry
 */
export function parseNetworks(text: string | undefined): string[] {
  const networks = (text ?? '').split(',').map((entry) => entry.trim());
  return networks
    .filter((entry) => entry !== '')
    .map((entry) => {
      if (!ipaddr.isValidCIDR(entry)) throw new Error(`${entry} is not a network in CIDR form, such as 10.20.0.0/16`);
      return entry;
    });
}
