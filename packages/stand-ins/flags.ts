/** Flags as Go programs take them: `--name value`, `--name=value`, and `--name` alone for `true`. */
export function flagsOf(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (!argument.startsWith('--')) continue;
    const equals = argument.indexOf('=');
    const next = args[index + 1];
    if (equals > 0) {
      flags.set(argument.slice(2, equals), argument.slice(equals + 1));
    } else if (next !== undefined && !next.startsWith('--')) {
      flags.set(argument.slice(2), next);
      index += 1;
    } else {
      flags.set(argument.slice(2), 'true');
    }
  }
  return flags;
}
