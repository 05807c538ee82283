import { describe, expect, it } from 'vitest';
import { errorText } from './error-text.ts';

describe('errorText', () => {
  it.each([
    [
      'a JSON Web Token',
      'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl was refused',
      'token [removed] was refused',
    ],
    ['a bearer token', 'sent Authorization: Bearer abcdefgh12345678', 'sent Authorization: [removed]'],
    ['a key', 'got -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- there', 'got [removed] there'],
    ['userinfo', 'at https://me:secret@host/path', 'at https://[removed]host/path'],
    ['nothing', 'apps "web" is forbidden', 'apps "web" is forbidden'],
  ])('takes out %s', (_case, message, text) => {
    expect(errorText(new Error(message))).toBe(text);
  });

  it('is short', () => {
    expect(errorText('x'.repeat(10_000))).toHaveLength(500);
  });
});
