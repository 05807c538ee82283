import { credentials } from './credentials.ts';

// A true capsule-proxy leaves room for no second one on a machine.
credentials('real', process.env.KUBENOVA_CAPSULE_PROXY_BIN ? 1 : 2);
