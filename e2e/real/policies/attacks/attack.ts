/** What a policy has to let through and what it has to refuse. */
export type Fields = Record<string, unknown>;

/** Why it is tried, what is tried, and of a refusal a piece of its message. */
export type Allowed = readonly [why: string, what: Fields];
export type Refused = readonly [why: string, what: Fields, message: string];

export interface Attack {
  type: string;
  parameters: Fields;
  /** Tried as an ordinary, an init and an ephemeral container. */
  containers?: { allowed: readonly Allowed[]; refused: readonly Refused[] };
  /** Specs of pods, tried as a pod and as the template of everything that has one. */
  pods?: { allowed: readonly Allowed[]; refused: readonly Refused[] };
  /** Whole objects. */
  objects?: { allowed: readonly Allowed[]; refused: readonly Refused[] };
  /** The parts of a container's security that are needed besides, so that nothing else refuses it. */
  container?: Fields;
  /** Templates are not judged, only the pods that they make. */
  podsOnly?: boolean;
}

/** The spec of a pod of one container, which is unsuspicious but for what is said. */
export const one = (container: Fields, more: Fields = {}): Fields => ({
  containers: [{ name: 'c', image: 'nginx:1', ...container }],
  ...more,
});
