import type { JsonSchema } from '@kubenova/knapi/operation.ts';

/** Parameters that are a list of names of classes (DNS-1123 subdomains). */
export function classNames(title: string): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['classes'],
    properties: {
      classes: {
        title,
        type: 'array',
        minItems: 1,
        maxItems: 50,
        uniqueItems: true,
        items: { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
      },
    },
  };
}
