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
