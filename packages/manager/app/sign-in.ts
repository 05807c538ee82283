/** Where people sign in, for who does not know yet. */
import type { SignIn } from '@kubenova/knapi/schemas.ts';
import { type Context, type Outcome, ok } from './context.ts';

export async function getSignIn(context: Context): Promise<Outcome<SignIn>> {
  return ok(context.services.signIn.description);
}
