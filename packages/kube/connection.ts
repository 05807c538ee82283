/** Where an API server is and how we prove who we are. PEM texts, never paths, but for `tokenFile`. */
export interface KubeConnection {
  /** `https://host:port`, with a base path where a gateway serves several clusters. */
  server: string;
  /** PEM bundle that the server's certificate must chain to; the machine's own roots when absent. */
  ca?: string;
  credential: KubeCredential;
  /** Host name to expect in the server's certificate, when it differs from the one in `server`. */
  tlsServerName?: string;
  /** Default namespace of the kubeconfig's context. */
  namespace?: string;
}

export type KubeCredential =
  | { kind: 'token'; token: string }
  /** Re-read when the file changes: bound ServiceAccount tokens rotate. */
  | { kind: 'tokenFile'; path: string }
  | { kind: 'certificate'; cert: string; key: string };
