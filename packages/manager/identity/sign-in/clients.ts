/**
 * The programs that people sign in with at KubeNova's own provider. Both are public: what is installed on people's
 * machines or served to their browsers keeps no secret (RFC 8252, section 8.5), and PKCE stands in for one.
 */
export const CLI_CLIENT = 'kubenova-cli';
export const CONSOLE_CLIENT = 'kubenova-console';

export const CLIENT_IDS: readonly string[] = [CLI_CLIENT, CONSOLE_CLIENT];

/** What both may ask for. */
export const SCOPES: readonly string[] = ['openid', 'profile', 'email', 'groups', 'offline_access'];
