/**
 * The pages that people see while they sign in: plain HTML that needs no script, works from the keyboard and follows the
 * system's light or dark. Each says what happens next; an error says what to do.
 */
import { type Html, html } from './html.ts';
import { STYLE, STYLE_HASH } from './style.ts';

/**
 * The pages' Content-Security-Policy. `script-src` is empty: only where the provider submits a form on somebody's behalf
 * does it add that one script's hash. Browsers hold the answer to a form to `form-action` too, and signing in ends with an
 * answer that leads back to the program: the console's address, or a loopback port (RFC 8252, section 7.3).
 *
 * @param consoleUrls addresses at which the console is served
 */
export function pagePolicy(consoleUrls: readonly string[]): string {
  const origins = consoleUrls.map((url) => new URL(url).origin);
  return [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    'script-src',
    ["form-action 'self'", ...new Set(origins), 'http://127.0.0.1:* http://localhost:*'].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function page(title: string, body: Html): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${html`${title}`.text} · KubeNova</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="brand"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" aria-hidden="true"><path d="M12 2.5 20.5 7v10L12 21.5 3.5 17V7z"/><path d="m12 8 1.2 2.8L16 12l-2.8 1.2L12 16l-1.2-2.8L8 12l2.8-1.2z" fill="currentColor" stroke="none"/></svg>KubeNova</p>
${body.text}
</main>
</body>
</html>
`;
}

function wrong(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<p class="wrong" id="wrong" role="alert">${text}</p>`;
}

export interface LoginPage {
  /** Where the form is sent. */
  action: string;
  csrf: string;
  /** For what program. */
  client: string;
  /** What was typed before. */
  name?: string;
  problem?: string;
}

export function loginPage(view: LoginPage): string {
  const described = view.problem === undefined ? undefined : html` aria-describedby="wrong" aria-invalid="true"`;
  const focus = html` autofocus`;
  return page(
    'Sign in',
    html`<h1>Sign in</h1>
<p class="soft">to continue to ${view.client}</p>
${wrong(view.problem)}
<form method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<label for="name">Account</label>
<input id="name" name="name" type="text" value="${view.name ?? ''}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100" required${view.name ? undefined : focus}${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required${view.name ? focus : undefined}${described}>
<button type="submit" name="do" value="login">Sign in</button>
</form>
<footer>Forgotten the password? Whoever administers this KubeNova can set a new one.</footer>`,
  );
}

export interface ContinuePage {
  action: string;
  csrf: string;
  client: string;
  account: string;
}

/** This browser is signed in already: does the person want a program to be, too (RFC 8252, section 8.6)? */
export function continuePage(view: ContinuePage): string {
  return page(
    'Continue',
    html`<h1>Continue as ${view.account}?</h1>
<p>${view.client} asks to act for you. Continue only if it was you who started it just now.</p>
<form method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">
<button type="submit" name="do" value="continue" autofocus>Continue</button>
<button type="submit" name="do" value="switch" class="plain">Use another account</button>
<button type="submit" name="do" value="abort" class="plain">Cancel</button>
</form>`,
  );
}

export interface DeviceCodePage {
  action: string;
  csrf: string;
  /** Filled in already, by the link that led here or by an earlier try. */
  code?: string;
  problem?: string;
}

export function deviceCodePage(view: DeviceCodePage): string {
  return page(
    'Connect a device',
    html`<h1>Connect a device</h1>
<p class="soft">Type the code that the device shows: the terminal in which you ran <code>kubenova login</code>.</p>
${wrong(view.problem)}
<form method="post" action="${view.action}">
<input type="hidden" name="xsrf" value="${view.csrf}">
<label for="user_code">Code</label>
<input id="user_code" class="code" name="user_code" type="text" value="${view.code ?? ''}" placeholder="XXXX-XXXX" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" required${view.code ? undefined : html` autofocus`}${view.problem === undefined ? undefined : html` aria-describedby="wrong" aria-invalid="true"`}>
<button type="submit"${view.code ? html` autofocus` : undefined}>Next</button>
</form>`,
  );
}

export interface DeviceConfirmPage {
  action: string;
  csrf: string;
  client: string;
  code: string;
  /** From where the device asked, as far as the Manager saw. */
  address: string;
}

/** Whoever gets somebody to open a link must not get in by it: the person compares the code (RFC 8628, section 5.4). */
export function deviceConfirmPage(view: DeviceConfirmPage): string {
  return page(
    'Confirm the code',
    html`<h1>Is this your code?</h1>
<p>${view.client} on another device wants to sign in as you.</p>
<p class="shown">${view.code}</p>
<dl><dt>Asked from</dt><dd>${view.address}</dd></dl>
<p class="small soft">Go on only if your own terminal shows exactly this code. If somebody sent you here, cancel.</p>
<form method="post" action="${view.action}">
<input type="hidden" name="xsrf" value="${view.csrf}">
<input type="hidden" name="user_code" value="${view.code}">
<button type="submit" name="confirm" value="yes" autofocus>Yes, this is my code</button>
<button type="submit" name="abort" value="yes" class="plain">Cancel</button>
</form>`,
  );
}

export function deviceDonePage(client: string): string {
  return page(
    'Connected',
    html`<h1>You are signed in</h1>
<p>${client} goes on by itself. You can close this page.</p>`,
  );
}

export function deviceAbortedPage(): string {
  return page(
    'Cancelled',
    html`<h1>Nothing was connected</h1>
<p>The code does not work any more. If it was yours after all, run <code>kubenova login --device</code> again.</p>`,
  );
}

export interface LogoutPage {
  action: string;
  csrf: string;
}

export function logoutPage(view: LogoutPage): string {
  return page(
    'Sign out',
    html`<h1>Sign out?</h1>
<p>This browser will have to sign in again. Command lines that you signed in stay so; <code>kubenova logout</code> ends those.</p>
<form method="post" action="${view.action}">
<input type="hidden" name="xsrf" value="${view.csrf}">
<button type="submit" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" class="plain">Stay signed in</button>
</form>`,
  );
}

export function loggedOutPage(): string {
  return page('Signed out', html`<h1>You are signed out</h1>\n<p>You can close this page.</p>`);
}

export interface ErrorPage {
  title: string;
  /** What happened and what to do. */
  detail: string;
  /** The protocol's own word for it, for whoever has to find out more. */
  code?: string;
  requestId?: string;
}

export function errorPage(view: ErrorPage): string {
  const facts = [
    ...(view.code === undefined ? [] : [html`<dt>Error</dt><dd><code>${view.code}</code></dd>`]),
    ...(view.requestId === undefined ? [] : [html`<dt>Request</dt><dd><code>${view.requestId}</code></dd>`]),
  ];
  return page(
    view.title,
    html`<h1>${view.title}</h1>
<p>${view.detail}</p>
${facts.length === 0 ? undefined : html`<dl class="small">${facts}</dl>`}`,
  );
}
