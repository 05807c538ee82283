import { vi } from 'vitest';
import { credentials } from './credentials.ts';

// A true capsule-proxy leaves room for no second one on a machine: here both clusters have its stand-in.
vi.stubEnv('KUBENOVA_CAPSULE_PROXY_BIN', undefined);

credentials('real');
