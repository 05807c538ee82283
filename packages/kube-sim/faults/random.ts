/**
 * Chance that can be repeated: a number, at least 0 and below 1, is a pure function of what it is asked for, not of how
 * often somebody asked, so that requests which overtake each other do not change what happens to the others. The words
 * are mixed by FNV-1a, the bits by murmur3's finaliser.
 */
export function chance(...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const letter of words.join('\0')) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
