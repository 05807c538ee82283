/** The keys of KubeNova's issuer: which there are, and a new one without an outage. */
import type { SigningKey, SigningKeyList } from '@kubenova/knapi/schemas.ts';
import type { IssuerKey } from '../identity/issuer.ts';
import { insertAudit } from '../store/audit.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { conflict } from './names.ts';
import { auditRecord } from './write.ts';

export async function listSigningKeys(context: Context): Promise<Outcome<SigningKeyList>> {
  return ok({ items: (await context.services.issuer.keys()).map(present) });
}

/** @throws ApiError KN-409 while the key of an earlier rotation waits for its turn */
export async function rotateSigningKey(context: Context): Promise<Outcome<SigningKey>> {
  const { services, call } = context;
  const key = await services.issuer.rotate();
  if (key === undefined) {
    throw conflict(
      'A new key is published already and signs soon (GET /api/v1/signing-keys). Rotate again after that.',
    );
  }
  await insertAudit(services.db, auditRecord(call, { object: `signing-key:${key.kid}`, tenantId: null, status: 201 }));
  return { kind: 'created', body: present(key) };
}

function present({ kid, algorithm, state, createdAt, signsFrom, verifiesUntil }: IssuerKey): SigningKey {
  return {
    id: kid,
    algorithm,
    state,
    createdAt: createdAt.toISOString(),
    signsFrom: signsFrom.toISOString(),
    ...(verifiesUntil === undefined ? {} : { verifiesUntil: verifiesUntil.toISOString() }),
  };
}
