/**
 * Specs of NetworkPolicies, as the API server takes them. The contract leaves selectors, peers and ports open, so the
 * shape of these is checked here too: a field that Kubernetes does not know would be dropped without a word, and a rule
 * without the peer that was meant opens everything.
 * Source: `ValidateNetworkPolicySpec` of Kubernetes 1.37.
 */
import { isIP } from 'node:net';
import type { NetworkPolicies, ProblemError } from '@kubenova/knapi/schemas.ts';
import { isRecord } from '../manifest.ts';
import { contains, parseCidr } from './cidr.ts';
import { isPortName } from './kubernetes-names.ts';
import { pointer } from './pointer.ts';
import { selectorProblems } from './selector-problems.ts';

type Told = (detail: string, ...steps: (string | number)[]) => void;

/** What is wrong with network policies, with pointers below `at`. */
export function networkPolicyProblems(policies: NetworkPolicies, at: readonly string[] = []): ProblemError[] {
  const problems: ProblemError[] = [];
  for (const [index, policy] of policies.entries()) {
    const told: Told = (detail, ...steps) => problems.push({ pointer: pointer(...at, index, ...steps), detail });
    selectorProblems(policy.podSelector, below(told, 'podSelector'));
    rules(policy.ingress ?? [], 'from', below(told, 'ingress'));
    rules(policy.egress ?? [], 'to', below(told, 'egress'));
    const types = policy.policyTypes;
    for (const [type, field] of [
      ['Ingress', 'ingress'],
      ['Egress', 'egress'],
    ] as const) {
      if (types !== undefined && types.length > 0 && policy[field] !== undefined && !types.includes(type)) {
        told(`These rules act only when policyTypes holds ${type}.`, field);
      }
    }
  }
  return problems;
}

function below(told: Told, ...outer: (string | number)[]): Told {
  return (detail, ...steps) => told(detail, ...outer, ...steps);
}

function rules(list: readonly Record<string, unknown>[], peersField: 'from' | 'to', told: Told): void {
  for (const [index, rule] of list.entries()) {
    const here = below(told, index);
    onlyFields(rule, [peersField, 'ports'], here);
    each(rule[peersField], below(here, peersField), peer);
    each(rule.ports, below(here, 'ports'), port);
  }
}

function each(value: unknown, told: Told, check: (item: Record<string, unknown>, told: Told) => void): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    told('It has to be a list.');
    return;
  }
  for (const [index, item] of value.entries()) {
    if (isRecord(item)) check(item, below(told, index));
    else told('It has to be an object.', index);
  }
}

function peer(item: Record<string, unknown>, told: Told): void {
  onlyFields(item, ['podSelector', 'namespaceSelector', 'ipBlock'], told);
  const { podSelector, namespaceSelector, ipBlock } = item;
  if (podSelector === undefined && namespaceSelector === undefined && ipBlock === undefined) {
    told('Name a peer by podSelector, namespaceSelector or ipBlock. For everybody, leave the list of peers out.');
  }
  if (podSelector !== undefined) selectorProblems(podSelector, below(told, 'podSelector'));
  if (namespaceSelector !== undefined) selectorProblems(namespaceSelector, below(told, 'namespaceSelector'));
  if (ipBlock === undefined) return;
  if (podSelector !== undefined || namespaceSelector !== undefined) {
    told('An ipBlock stands alone; write the selectors as a peer of their own.');
  }
  if (!isRecord(ipBlock)) {
    told('It has to be an object with a cidr.', 'ipBlock');
    return;
  }
  block(ipBlock, below(told, 'ipBlock'));
}

function block(ipBlock: Record<string, unknown>, told: Told): void {
  onlyFields(ipBlock, ['cidr', 'except'], told);
  const cidr = typeof ipBlock.cidr === 'string' ? parseCidr(ipBlock.cidr) : undefined;
  if (cidr === undefined) told(cidrProblem(ipBlock.cidr), 'cidr');
  if (ipBlock.except === undefined) return;
  if (!Array.isArray(ipBlock.except)) {
    told('It has to be a list of CIDRs.', 'except');
    return;
  }
  for (const [index, text] of ipBlock.except.entries()) {
    const inner = typeof text === 'string' ? parseCidr(text) : undefined;
    if (inner === undefined) told(cidrProblem(text), 'except', index);
    else if (cidr !== undefined && (!contains(cidr, inner) || inner.prefix <= cidr.prefix)) {
      told(`It has to be a part of ${ipBlock.cidr}, and less than all of it.`, 'except', index);
    }
  }
}

function cidrProblem(value: unknown): string {
  const address = typeof value === 'string' ? (value.split('/')[0] ?? '') : '';
  if (isIP(address) !== 0) return 'Write the network as address/length with no bit set beyond its length.';
  return 'Write it as a CIDR, such as 10.0.0.0/8 or 2001:db8::/32.';
}

function port(item: Record<string, unknown>, told: Told): void {
  onlyFields(item, ['port', 'endPort', 'protocol'], told);
  const { port: first, endPort: last, protocol } = item;
  if (protocol !== undefined && !['TCP', 'UDP', 'SCTP'].includes(String(protocol))) {
    told('The protocol is TCP, UDP or SCTP.', 'protocol');
  }
  const named = typeof first === 'string';
  if (first !== undefined && !(named ? isPortName(first) : isPortNumber(first))) {
    told('A port is a number from 1 to 65535 or a name of at most 15 lower-case letters, digits and hyphens.', 'port');
  }
  if (last === undefined) return;
  if (first === undefined || named) told('An endPort needs a port that is a number.', 'endPort');
  else if (!isPortNumber(last)) told('A port is a number from 1 to 65535.', 'endPort');
  else if (isPortNumber(first) && last < first) told('It may not be less than port.', 'endPort');
}

function isPortNumber(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

function onlyFields(value: Record<string, unknown>, known: readonly string[], told: Told): void {
  for (const field of Object.keys(value)) {
    if (!known.includes(field)) told(`There is no such field here; there are ${known.join(', ')}.`, field);
  }
}
