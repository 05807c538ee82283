/** When somebody is asked something in the middle of a sign-in. */
import { interactionPolicy } from 'oidc-provider';

/** When somebody has to be asked: for a password, and where a browser that is signed in is led here by another program. */
export function prompts(): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy;
  const all = base();
  all
    .get('login')
    ?.checks.add(
      new Check('account_gone', 'the account or its session has ended', (ctx) =>
        ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
          ? Check.REQUEST_PROMPT
          : Check.NO_NEED_TO_PROMPT,
      ),
    );
  // Any program of the machine can open this page in the browser; only the person knows which one did (RFC 8252, 8.6).
  // The device flow has asked by then.
  const consent = all.get('consent');
  consent?.checks.clear();
  consent?.checks.add(
    new Check('native_client', 'a program asks to act for who is signed in', 'interaction_required', (ctx) => {
      const { client, route, result } = ctx.oidc;
      const isAsked = client?.applicationType === 'native' && !/^(code|device)_/.test(route);
      return isAsked && result?.consent === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  return all;
}
