/**
 * Which certificate authorities this process trusts. A command speaks with one Manager and its issuer, so that what it
 * is told to trust goes for the whole process, `fetch` and everything built on it.
 */
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CommandFailure } from '../output/failure.ts';

/** @throws CommandFailure when the file cannot be read or holds no certificate */
export function readCa(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(`the CA file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new CommandFailure(`${path} holds no certificate in PEM`);
  return text;
}

/** Trusts the authority beside those of the system, for every connection that is made from now on. */
export function trust(ca: string): void {
  setDefaultCACertificates([...getCACertificates('default'), ca]);
}
