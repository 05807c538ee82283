/** What the protocol's errors mean to a person, and what to do about them. */
import type { ErrorOut } from 'oidc-provider';
import type { ErrorPage } from './pages.ts';

/** Of a code that was typed. */
export function codeProblem(error: Error): string {
  switch (error.name) {
    case 'ExpiredError':
      return 'This code has expired. Run the command on the device again for a new one.';
    case 'AlreadyUsedError':
      return 'This code was used already. Run the command on the device again for a new one.';
    case 'NotFoundError':
    case 'NoCodeError':
      return 'There is no such code. Compare it with the one on the device and type it again.';
    default:
      return 'That did not work. Type the code again.';
  }
}

const EXPIRED = {
  title: 'This took too long',
  detail: 'The page was open for too long, or was opened in another browser. Go back to the program and start again.',
};

/** Of a request that came to nothing. */
export function explain({ error, error_description: description }: ErrorOut): ErrorPage {
  if (description !== undefined && /session|expired|xsrf|form details|logout details/.test(description)) {
    return { ...EXPIRED, code: error };
  }
  if (error === 'invalid_redirect_uri') {
    return {
      title: 'This link is not safe',
      detail:
        'It would lead to an address that the program is not known by. Nothing was sent there. Start again from the program itself.',
      code: error,
    };
  }
  if (error === 'server_error') {
    return { title: 'Something went wrong', detail: 'It is not your fault. Try again in a moment.', code: error };
  }
  const said = description === undefined ? '' : ` It says: ${description}.`;
  return {
    title: 'The program asked wrongly',
    detail: `The request that led here is not one that this KubeNova answers.${said}`,
    code: error,
  };
}
