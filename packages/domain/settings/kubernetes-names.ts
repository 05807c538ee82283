/**
 * Forms of names that settings hold, as Kubernetes checks them.
 * Source: `k8s.io/apimachinery/pkg/util/validation`, `pkg/apis/core/helper` of Kubernetes 1.37.
 */

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What a qualified name (of a label or a resource) looks like, for a message. */
export const QUALIFIED_NAME_FORM =
  'at most 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends, and before it, if need be, a domain and a `/`';

/** `name` or `domain/name`. */
export function isQualifiedName(text: string): boolean {
  const [first = '', second, ...more] = text.split('/');
  if (more.length > 0) return false;
  const name = second ?? first;
  if (name.length === 0 || name.length > 63 || !NAME.test(name)) return false;
  return second === undefined || (first.length <= 253 && SUBDOMAIN.test(first));
}

/** The value of a label; the empty one is a value. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= 63 && NAME.test(text));
}

/** The name of a port of a container: an IANA service name. */
export function isPortName(text: string): boolean {
  return text.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && /[a-z]/.test(text);
}

/** Resources of Kubernetes' own: without a domain, or in kubernetes.io. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** A resource that something outside Kubernetes counts, such as `nvidia.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`);
}

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}
