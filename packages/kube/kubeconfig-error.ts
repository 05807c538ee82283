/** Why a kubeconfig cannot be used. Codes are stable; messages say what to do and never quote the document. */
export type KubeconfigErrorCode =
  | 'not-yaml'
  | 'not-kubeconfig'
  | 'too-large'
  | 'no-context'
  | 'no-cluster'
  | 'no-server'
  | 'bad-server'
  | 'not-https'
  | 'exec-refused'
  | 'file-refused'
  | 'insecure-refused'
  | 'proxy-refused'
  | 'password-refused'
  | 'impersonation-refused'
  | 'no-credential'
  | 'bad-base64'
  | 'bad-certificate'
  | 'certificate-expired'
  | 'bad-token'
  | 'token-expired'
  | 'file-unreadable'
  | 'not-in-cluster';

export class KubeconfigError extends Error {
  readonly code: KubeconfigErrorCode;

  constructor(code: KubeconfigErrorCode, message: string) {
    super(message);
    this.name = 'KubeconfigError';
    this.code = code;
  }
}
