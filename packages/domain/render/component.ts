/** Parts of a KubeVela Application (`core.oam.dev/v1beta1`). */

/** One entry of `spec.components`. */
export interface VelaComponent {
  name: string;
  type: string;
  properties: Record<string, unknown>;
  traits: VelaTrait[];
}

/** One trait of a component. */
export interface VelaTrait {
  type: string;
  properties: Record<string, unknown>;
}

/**
 * The name of an App's component, which is also the name of its Deployment and Service. The name of a Service must begin
 * with a letter (DNS-1035), which an App's need not.
 */
export function componentName(app: string): string {
  return /^[0-9]/.test(app) ? `app-${app}` : app;
}
