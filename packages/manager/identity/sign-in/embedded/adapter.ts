/**
 * The embedded provider's memory in Postgres.
 *
 * An id of a session, an interaction, a code or a refresh token lets in whoever knows it, so the database has only its
 * SHA-256 (ids are 256 random bits and more: a fast hash without salt is enough) and the payload does not repeat it. Where
 * the provider finds something by another key and goes on with its id, it is given a *reference*: the hash, with a code
 * (HMAC-SHA-256) that only a Manager with the sealing key can make. Nobody can make one out of what the database holds.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import type { Queryable } from '../../../store/connect.ts';
import {
  consumeSignInPayload,
  deleteGrantWhole,
  deleteSignInPayload,
  deleteSignInPayloadsOfGrant,
  findSignInPayload,
  notePoll,
  type PayloadKey,
  putSignInPayload,
} from '../../../store/sign-in-payloads.ts';

export interface AdapterOptions {
  db: Queryable;
  /** The first makes references, all of them check. */
  keys: readonly Buffer[];
  now: () => Date;
}

/** RFC 8628, section 3.2: what a device waits for between two questions, where it is not told otherwise. */
export const POLL_SECONDS = 5;
/** Timers are not exact, and neither is the way here. */
const POLL_TOLERANCE_MS = 1_000;
/** Models whose ids never leave the Manager. */
const INTERNAL = new Set(['Grant']);
/** Nothing takes an access token: ID tokens are what the Manager is shown (ADR 0012). None is kept. */
const FORGOTTEN = new Set(['AccessToken']);
/** Stands for a row's own id within its payload. */
const OWN_ID = '{id}';

export function createAdapterFactory(options: AdapterOptions): AdapterFactory {
  const { db, keys, now } = options;

  function codeOf(hash: string, key: Buffer): string {
    return createHmac('sha256', key).update(hash).digest('base64url');
  }

  function referenceTo(hash: string): string {
    const [key] = keys;
    if (key === undefined) throw new Error('references need a key');
    return `ref.${hash}.${codeOf(hash, key)}`;
  }

  function hashOf(id: string): string {
    const [, hash, code] = /^ref\.([\w-]{43})\.([\w-]{43})$/.exec(id) ?? [];
    const isReference =
      hash !== undefined &&
      code !== undefined &&
      keys.some((key) => timingSafeEqual(Buffer.from(codeOf(hash, key)), Buffer.from(code)));
    return isReference ? hash : createHash('sha256').update(id).digest('base64url');
  }

  /** The eight letters that a person types could be guessed from a plain hash. They live for minutes: one key is enough. */
  function keyOfUserCode(userCode: string): string {
    const [key] = keys;
    if (key === undefined) throw new Error('codes of devices need a key');
    return codeOf(`user code ${userCode}`, key);
  }

  /** What is written down of a payload: nothing that would let in who reads it. */
  function redacted(id: string, payload: AdapterPayload): Record<string, unknown> {
    const { jti: _, userCode: __, ...kept } = payload;
    return {
      ...kept,
      ...(kept.returnTo === undefined ? {} : { returnTo: kept.returnTo.replaceAll(id, OWN_ID) }),
      ...(kept.deviceCode === undefined ? {} : { deviceCode: hashOf(kept.deviceCode) }),
      ...(kept.session === undefined ? {} : { session: { ...kept.session, cookie: undefined } }),
    };
  }

  function restored(id: string, payload: AdapterPayload): AdapterPayload {
    return {
      ...payload,
      jti: id,
      ...(payload.returnTo === undefined ? {} : { returnTo: payload.returnTo.replaceAll(OWN_ID, id) }),
      ...(payload.deviceCode === undefined ? {} : { deviceCode: referenceTo(payload.deviceCode) }),
    };
  }

  return (model): Adapter => {
    const rowId = (id: string) => (INTERNAL.has(model) ? id : hashOf(id));

    async function find(key: PayloadKey, id?: string, userCode?: string): Promise<AdapterPayload | undefined> {
      const row = await findSignInPayload(db, model, key);
      if (row === undefined) return undefined;
      return {
        ...restored(id ?? referenceTo(row.id), row.payload),
        ...(userCode === undefined ? {} : { userCode }),
        ...(row.consumedAt === null ? {} : { consumed: Math.floor(row.consumedAt.getTime() / 1000) }),
      };
    }

    async function refuseHaste(id: string): Promise<void> {
      const at = now();
      const before = await notePoll(db, id, at);
      const sinceMs = before === undefined ? Number.POSITIVE_INFINITY : at.getTime() - before.getTime();
      if (sinceMs < POLL_SECONDS * 1000 - POLL_TOLERANCE_MS) {
        throw new errors.SlowDown(
          'the device asks too often; it has to wait five seconds longer between two questions',
        );
      }
    }

    return {
      async upsert(id, payload, expiresIn) {
        if (FORGOTTEN.has(model)) return;
        const { accountId } = payload;
        const ofInteraction = model === 'Interaction' ? payload.session?.accountId : undefined;
        const userCode = payload.userCode ?? undefined;
        await putSignInPayload(db, {
          model,
          id: rowId(id),
          payload: redacted(id, payload),
          grantId: payload.grantId ?? null,
          userCode: userCode === undefined ? null : keyOfUserCode(userCode),
          uid: model === 'Session' ? (payload.uid ?? null) : null,
          account: (accountId ?? ofInteraction)?.replace(/^account:/, '') ?? null,
          expiresAt: expiresIn === undefined ? null : new Date(now().getTime() + expiresIn * 1000),
        });
      },
      async find(id) {
        if (FORGOTTEN.has(model)) return undefined;
        // A reference comes from a person's browser that confirms; the device itself has the code.
        if (model === 'DeviceCode' && !id.startsWith('ref.')) await refuseHaste(rowId(id));
        return find({ id: rowId(id) }, id);
      },
      findByUid: (uid) => find({ uid }),
      findByUserCode: (userCode) => find({ userCode: keyOfUserCode(userCode) }, undefined, userCode),
      async consume(id) {
        if (await consumeSignInPayload(db, model, rowId(id))) return;
        // Somebody else was quicker with the same one, which is what a stolen one looks like (RFC 9700, section 4.14.2).
        const row = await findSignInPayload(db, model, { id: rowId(id) });
        const grantId = row?.payload.grantId;
        if (typeof grantId === 'string') await deleteGrantWhole(db, grantId);
        throw new errors.InvalidGrant('it was used before');
      },
      destroy: (id) => deleteSignInPayload(db, model, rowId(id)),
      revokeByGrantId: (grantId) => deleteSignInPayloadsOfGrant(db, model, grantId),
    };
  };
}
