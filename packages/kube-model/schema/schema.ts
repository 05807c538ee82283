/**
 * The shape of a kind, as far as the simulator acts on it: which fields there are, how lists merge, what is required.
 * Built-in kinds have theirs from `generated/` (facts of a real API server and of Go, see `e2e/real/kube-sim-facts`), custom
 * ones from their CRD. Nodes may refer to each other in circles (`JSONSchemaProps`): never walk a schema without an object.
 *
 * Source: Kubernetes, "Structural schemas" and "Merge strategy" (server-side apply).
 */
export interface Schema {
  /** Absent: anything may be there. */
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Values of a map; `true`: any. */
  readonly additionalProperties?: Schema | true;
  readonly items?: Schema;
  /** Of lists; `atomic` when absent. */
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  /** Of objects; `granular` when absent. */
  readonly mapType?: 'atomic' | 'granular';
  /** Strategic merge patch; may be combined with commas, as in `merge,retainKeys`. */
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly not?: Schema;
  /** `x-kubernetes-int-or-string`. */
  readonly intOrString?: boolean;
  /** `x-kubernetes-preserve-unknown-fields`. */
  readonly preserveUnknownFields?: boolean;
  /** `x-kubernetes-embedded-resource`; only for serving OpenAPI, what is embedded is not looked at. */
  readonly embeddedResource?: boolean;
  /** `x-kubernetes-validations`. */
  readonly validations?: readonly {
    readonly rule: string;
    readonly message?: string;
    readonly messageExpression?: string;
    readonly reason?: string;
    readonly fieldPath?: string;
  }[];
  /** Of the OpenAPI component it came from, as in `io.k8s.api.apps.v1.Deployment`; only for serving OpenAPI. */
  readonly component?: string;
}
