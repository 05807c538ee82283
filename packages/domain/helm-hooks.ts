/**
 * Helm hooks in rendered charts. Helm runs them at certain moments and keeps them out of the release; we deliver objects
 * and run nothing. Tests are left out, as `helm install` leaves them out; any other hook is refused, because the chart
 * counts on it (a migration before an upgrade, say) and leaving it out would break the App in silence.
 * Source: https://helm.sh/docs/topics/charts_hooks/
 */
import type { Manifest } from './manifest.ts';

export const HOOK_ANNOTATION = 'helm.sh/hook';

const TEST_HOOKS: ReadonlySet<string> = new Set(['test', 'test-success', 'test-failure']);

/** `none` for an ordinary object, `test` for one that only tests need, otherwise the hooks that are not run. */
export function hookVerdict(object: Manifest): 'none' | 'test' | (string & {}) {
  const annotation = object.metadata.annotations?.[HOOK_ANNOTATION];
  if (typeof annotation !== 'string' || annotation.trim() === '') return 'none';
  const hooks = annotation.split(',').map((hook) => hook.trim());
  const others = hooks.filter((hook) => !TEST_HOOKS.has(hook));
  return others.length === 0 ? 'test' : others.join(', ');
}
