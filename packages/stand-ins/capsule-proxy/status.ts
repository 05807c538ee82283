/** Answers of the proxy's own, in the form of a Kubernetes Status. */

export interface StatusAnswer {
  code: 403 | 404 | 500 | 502;
  reason: 'Forbidden' | 'NotFound' | 'InternalError' | 'ServiceUnavailable';
  message: string;
  details?: { name: string; kind: string };
}

export function forbidden(message: string): StatusAnswer {
  return { code: 403, reason: 'Forbidden', message };
}

/** `plural` and `group` are joined by a dot even when the group is empty: so capsule-proxy writes it. */
export function notFound(group: string, plural: string, name: string): StatusAnswer {
  const message = `${plural}.${group} "${name}" not found`;
  return { code: 404, reason: 'NotFound', message, details: { name, kind: plural } };
}

export function statusBody({ code, reason, message, details }: StatusAnswer): string {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code };
  return JSON.stringify(status);
}
