/** Chroma's rules for collection names, in words. */
export const collectionNameWords =
  "3 to 512 letters, digits, dots, dashes or underscores, with a letter or digit at both ends";

export function isCollectionName(name: unknown): name is string {
  return typeof name === "string" && /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$/.test(name);
}
