/**
 * What a person is asked in the middle of signing in: the password, or whether a program may act for who is signed in.
 *
 * An interaction belongs to the browser that began it: its id is in the address and in a signed cookie of that address
 * alone. What a form answers bears a code over that id besides, so that no other page can answer in its place.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InteractionResults, Provider } from 'oidc-provider';
import type { AccountRow } from '../../../store/accounts.ts';
import { accountSubject } from '../../accounts.ts';
import { continuePage, loginPage } from './pages.ts';

export interface InteractionOptions {
  provider: Provider;
  formKeys: readonly Buffer[];
  /** The account, if this is its password; one that is signed in with it. */
  verifyPassword(name: string, password: string): Promise<AccountRow | undefined>;
}

export interface InteractionRequest {
  raw: IncomingMessage;
  response: ServerResponse;
  /** The id in the address. */
  uid: string;
  /** Where the form is sent, and the page is. */
  action: string;
}

/**
 * A page to show, or an address to go on to. Who signed in is told for the log; of who did not only that: what was typed
 * as a name may be a password.
 */
export type InteractionAnswer =
  | { kind: 'page'; page: string; status: number; refused?: true }
  | { kind: 'redirect'; location: string; signedIn?: string };

/** One text for every reason, so that nobody learns which accounts there are. */
const WRONG = 'This account and password do not go together. After several tries, wait a few minutes.';

/** Not the library's own error: this module is there before the library, which is loaded when somebody signs in. */
export class InteractionRefused extends Error {
  /** As in RFC 6749, section 5.2. */
  readonly error: string;
  readonly expose = true;

  constructor(error: string, message: string) {
    super(message);
    this.name = 'InteractionRefused';
    this.error = error;
  }
}

/** @throws InteractionRefused, or the library's SessionNotFound, when the interaction is another browser's, or over */
export async function showInteraction(
  options: InteractionOptions,
  request: InteractionRequest,
): Promise<InteractionAnswer> {
  const { view, prompt, account } = await open(options, request);
  if (prompt === 'consent' && account !== undefined) {
    return { kind: 'page', status: 200, page: continuePage({ ...view, account }) };
  }
  return { kind: 'page', status: 200, page: loginPage(view) };
}

/** @throws as above, and when the form is not one of ours */
export async function answerInteraction(
  options: InteractionOptions,
  request: InteractionRequest,
  form: URLSearchParams,
): Promise<InteractionAnswer> {
  const { view, prompt, account } = await open(options, request);
  if (!isCodeOf(request.uid, form.get('csrf') ?? '', options.formKeys)) {
    throw new InteractionRefused('invalid_request', 'the form has no code of ours');
  }
  const finish = async (result: InteractionResults, signedIn?: string): Promise<InteractionAnswer> => ({
    kind: 'redirect',
    location: await options.provider.interactionResult(request.raw, request.response, result),
    ...(signedIn === undefined ? {} : { signedIn }),
  });
  switch (form.get('do')) {
    case 'abort':
      return finish({ error: 'access_denied', error_description: 'The person cancelled.' });
    case 'switch':
      return { kind: 'page', status: 200, page: loginPage(view) };
    case 'continue':
      if (prompt === 'consent' && account !== undefined) return finish({ consent: {} });
      break;
    case 'login': {
      const name = (form.get('name') ?? '').trim().toLowerCase();
      const password = form.get('password') ?? '';
      const found =
        isTyped(name, 100) && isTyped(password, 256) ? await options.verifyPassword(name, password) : undefined;
      if (found === undefined) {
        const page = loginPage({ ...view, name: name.slice(0, 100), problem: WRONG });
        return { kind: 'page', status: 422, page, refused: true };
      }
      const accountId = accountSubject(found.name);
      // Who has just typed the password has said by that that the program may act.
      return finish({ login: { accountId }, consent: {} }, accountId);
    }
  }
  throw new InteractionRefused('invalid_request', 'the form has no answer');
}

async function open(options: InteractionOptions, request: InteractionRequest) {
  const interaction = await options.provider.interactionDetails(request.raw, request.response);
  if (interaction.uid !== request.uid)
    throw new InteractionRefused('invalid_request', 'another interaction was begun since');
  const client = await options.provider.Client.find(String(interaction.params.client_id));
  return {
    prompt: interaction.prompt.name,
    account: interaction.session?.accountId.replace(/^account:/, ''),
    view: {
      action: request.action,
      csrf: codeOf(request.uid, options.formKeys[0]),
      client: client?.clientName ?? 'KubeNova',
    },
  };
}

function isTyped(text: string, longest: number): boolean {
  return text !== '' && text.length <= longest && !text.includes('\0') && text.isWellFormed();
}

function codeOf(uid: string, key: Buffer | undefined): string {
  if (key === undefined) throw new Error('forms need a key');
  return createHmac('sha256', key).update(uid).digest('base64url');
}

function isCodeOf(uid: string, given: string, keys: readonly Buffer[]): boolean {
  return keys.some((key) => {
    const expected = Buffer.from(codeOf(uid, key));
    const actual = Buffer.from(given);
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  });
}
