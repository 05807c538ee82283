/** How faults get into the API server: each request is shown to the interceptor before anything else happens to it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiError } from '@kubenova/kube-model/api-error.ts';
import type { Route } from '../api/route.ts';

export interface InterceptedRequest {
  readonly method: string;
  readonly route: Route;
  readonly headers: IncomingHttpHeaders;
}

/** What goes wrong with one request. Everything may be combined. */
export interface Fault {
  /** Waits before the request is looked at. */
  readonly delayMs?: number;
  /** Answers so, and nothing is done. */
  readonly error?: ApiError;
  /** Cuts the connection before anything is done. */
  readonly refuse?: boolean;
  /** Does what is asked, then cuts the connection instead of answering. */
  readonly loseResponse?: boolean;
  /** Cuts a watch after so many events, or so many bytes (inside an event, if need be). */
  readonly cutWatch?: { readonly afterEvents?: number; readonly afterBytes?: number };
  /** The watch is accepted and then says nothing, bookmarks included. */
  readonly silentWatch?: boolean;
  /** A get or list answers as things were so many revisions ago, as a lagging cache does. */
  readonly staleBy?: number;
}

export type Interceptor = (request: InterceptedRequest) => Promise<Fault | undefined>;
