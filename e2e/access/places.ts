/** Where they try it: each kind of namespace, and beside them the scope of the cluster. */

export interface Place {
  readonly namespace: string;
  readonly kind: 'app' | 'sandbox' | 'system';
  /** Of an App's or a sandbox's namespace. */
  readonly tenant?: 'acme' | 'globex';
  readonly project?: string;
}

export const places: readonly Place[] = [
  { namespace: 'tn-acme-shop-app-web', kind: 'app', tenant: 'acme', project: 'shop' },
  { namespace: 'tn-acme-blog-app-press', kind: 'app', tenant: 'acme', project: 'blog' },
  { namespace: 'tn-acme-shop-sbx-001', kind: 'sandbox', tenant: 'acme', project: 'shop' },
  { namespace: 'tn-globex-shop-app-web', kind: 'app', tenant: 'globex', project: 'shop' },
  { namespace: 'tn-globex-shop-sbx-001', kind: 'sandbox', tenant: 'globex', project: 'shop' },
  { namespace: 'kubenova-system', kind: 'system' },
  { namespace: 'kubenova-credentials', kind: 'system' },
  { namespace: 'kubenova-members', kind: 'system' },
  { namespace: 'capsule-system', kind: 'system' },
  { namespace: 'vela-system', kind: 'system' },
  { namespace: 'kube-system', kind: 'system' },
  { namespace: 'kube-public', kind: 'system' },
  { namespace: 'default', kind: 'system' },
];
