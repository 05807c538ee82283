/** Waits for a condition, and says which when it never comes. Nothing sleeps for a fixed time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`${what} did not happen within ${limitMs} ms.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
