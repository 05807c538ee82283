/** Time is an argument: a simulated cluster may run with another clock than its neighbours (clock skew). */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `run` after `ms` milliseconds unless the answered function is called before. It never keeps the process alive. */
  after(ms: number, run: () => void): () => void;
}

/** The machine's clock, moved by `skewMs`. */
export function systemClock(skewMs = 0): Clock {
  return {
    now: () => Date.now() + skewMs,
    after(ms, run) {
      const timer = setTimeout(run, ms).unref();
      return () => clearTimeout(timer);
    },
  };
}

/** `metav1.Time`: RFC 3339 in UTC, whole seconds, as the API server writes it. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}
