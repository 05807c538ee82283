/**
 * Lists of what is allowed, and how an annotation carries one: sorted, joined by commas, which no value holds. Nothing
 * between the commas means that nothing is allowed, which is what two sets without a common value come to.
 */

/** The text of an annotation. */
export function allowedList(values: readonly string[]): string {
  return [...new Set(values)].sort().join(',');
}

/** What both lists hold. */
export function intersection<T extends string>(a: readonly T[], b: readonly T[]): T[] {
  const other = new Set(b);
  return a.filter((value) => other.has(value));
}

/** The values without those that another one covers. */
export function outermost(values: readonly string[], covers: (outer: string, inner: string) => boolean): string[] {
  return [...new Set(values)].filter((inner) => !values.some((outer) => outer !== inner && covers(outer, inner)));
}

/** What two lists of patterns both allow: of each two the inner one, where one covers the other. */
export function innermost(
  a: readonly string[],
  b: readonly string[],
  covers: (outer: string, inner: string) => boolean,
): string[] {
  const common = a.flatMap((one) =>
    b.flatMap((other) => {
      if (one === other || covers(other, one)) return [one];
      return covers(one, other) ? [other] : [];
    }),
  );
  return outermost(common, covers);
}
