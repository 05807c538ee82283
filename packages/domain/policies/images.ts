/** Rules about images: those of containers, and those that are mounted as volumes. */
import { type AdmissionRule, type NamedExpression, nothingRefused } from './admission-rule.ts';
import { podRule } from './pod-rule.ts';

/**
 * A rule that each image has to keep; `condition` speaks of `i`, an image as it was written, or of `variables.images` by
 * its own variables.
 */
export function imageRule(rule: {
  variables?: NamedExpression[];
  /** CEL of the list of images that are judged; `variables.written` unless said otherwise. */
  images?: string;
  condition: string;
  message: string;
  advice?: string;
}): AdmissionRule {
  return podRule({
    variables: [
      {
        name: 'written',
        expression:
          "variables.containers.map(c, c.?image.orValue('')) + " +
          "variables.volumes.filter(v, has(v.image)).map(v, v.image.?reference.orValue(''))",
      },
      ...(rule.variables ?? []),
      {
        name: 'refused',
        expression: `(${rule.images ?? 'variables.written'}).filter(i, !(${rule.condition}))`,
      },
    ],
    validations: [nothingRefused(rule.message, rule.advice)],
  });
}

/**
 * `variables.written` with the registry that a runtime fills in: `nginx` is `docker.io/library/nginx`, `acme/shop` is
 * `docker.io/acme/shop`. Source: `github.com/distribution/reference`, `ParseNormalizedNamed`.
 */
export const qualifiedImages =
  "variables.written.map(i, !i.contains('/') ? 'docker.io/library/' + i : " +
  "i.startsWith('index.docker.io/') ? i.substring(6) : " +
  "i.split('/')[0].contains('.') || i.split('/')[0].contains(':') || i.split('/')[0] == 'localhost' ? i : 'docker.io/' + i)";
