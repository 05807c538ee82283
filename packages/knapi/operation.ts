/** One row of the generated route table: an operation of the contract with schemas a JSON Schema validator can compile. */
export interface Operation {
  operationId: string;
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  /** The path template as in the contract, with `{name}` for a parameter and perhaps `:verb` at the end. */
  path: string;
  tag: string;
  summary: string;
  /** Whether it answers without authentication. */
  public: boolean;
  pathParameters: JsonSchema;
  queryParameters: JsonSchema;
  headerParameters: JsonSchema;
  /** The schema of the JSON body; null where the operation takes none. */
  body: JsonSchema | null;
  /** By status code, `default` being the problem. */
  responses: Record<string, { contentType: string | null; schema: JsonSchema | null }>;
}

/** A JSON Schema (draft 2020-12) with every reference resolved. */
export interface JsonSchema {
  [keyword: string]: unknown;
}
