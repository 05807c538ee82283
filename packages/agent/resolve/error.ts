/**
 * Why a source could not be turned into objects.
 *
 * A closed union: the code becomes the reason of the condition `Resolved`, so it is stable, and the message is what a
 * person reads there, so it says what to do. No message ever holds a credential, a query string or a response body
 * of a repository.
 */
export type ResolveErrorCode =
  | 'SourceNotSupported'
  | 'CredentialsUnavailable'
  | 'AddressRefused'
  | 'RepositoryUnreachable'
  | 'RepositoryRefused'
  | 'IndexInvalid'
  | 'ChartNotFound'
  | 'VersionInvalid'
  | 'VersionNotFound'
  | 'DigestMismatch'
  | 'ArchiveRefused'
  | 'TooLarge'
  | 'TimedOut'
  | 'HelmMissing'
  | 'ValuesInvalid'
  | 'TemplateFailed'
  | 'OutputInvalid';

/**
 * When another try can end differently without anybody changing the App:
 * `soon` with backoff (a network), `later` every few minutes (something has to be published or installed), `never`.
 */
export type Retry = 'soon' | 'later' | 'never';

const RETRY: Record<ResolveErrorCode, Retry> = {
  SourceNotSupported: 'never',
  CredentialsUnavailable: 'later',
  AddressRefused: 'later',
  RepositoryUnreachable: 'soon',
  RepositoryRefused: 'soon',
  IndexInvalid: 'later',
  ChartNotFound: 'later',
  VersionInvalid: 'never',
  VersionNotFound: 'later',
  DigestMismatch: 'later',
  ArchiveRefused: 'never',
  TooLarge: 'never',
  TimedOut: 'soon',
  HelmMissing: 'later',
  ValuesInvalid: 'never',
  TemplateFailed: 'later',
  OutputInvalid: 'never',
};

/** The one error that resolving throws for whatever lies outside the Agent. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError';
  readonly code: ResolveErrorCode;
  readonly retry: Retry;

  constructor(code: ResolveErrorCode, message: string, options?: { cause?: unknown; retry?: Retry }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options?.retry ?? RETRY[code];
  }
}

/** An address as it may be shown: without user information, query and fragment, which can hold secrets. */
export function showUrl(url: URL | string): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : url;
  return parsed === null ? 'an address that is not a URL' : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

/** Text of a stranger, cut to what fits a condition. */
export function excerpt(text: string, characters = 1_000): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not reach a terminal.
  const clean = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '').trim();
  return clean.length <= characters ? clean : `${clean.slice(0, characters)} …`;
}
