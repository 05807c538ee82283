/**
 * Tenants are held apart on the real control plane. capsule-proxy and KubeVela are the true programs where the
 * environment names them, else what stands in; nothing here asks which.
 */
import { proveAccess } from './proofs.ts';

proveAccess('real');
