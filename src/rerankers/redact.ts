/**
 * Replaces the secrets in a text, even where they are written with escapes of JSON, URLs or HTML, or in other
 * letter cases: a server may repeat a key that it refuses in any of these spellings. A short secret is replaced only
 * where it is a word of its own.
 */
export function redact(text: string, secrets: readonly string[]): string {
  // A longer one may contain a shorter one.
  return [...new Set(secrets)]
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(anySpelling(secret), "[secret]"), text);
}

/** One more than the maximum length of a secret in any spelling. */
export function longestSpelling(secrets: readonly string[]): number {
  return 1 + Math.max(0, ...secrets.map(({ length }) => length)) * longestOfCharacter;
}

/** The longest spelling of a character: three backslashes, each escaped three times for a URL, and the longest code. */
const longestOfCharacter = 3 * "%25255c".length + "u{000010ffff}".length;

function anySpelling(secret: string): RegExp {
  const spellings = Array.from(secret, spellingsOf).join("");
  const isPartOfWords = secret.length >= 6;
  return new RegExp(isPartOfWords ? spellings : wordStart + spellings + wordEnd, "giu");
}

/** Before a word: nothing that belongs to a word, or the code of another character. */
const wordStart = String.raw`(?<=^|[^\p{L}\p{N}]|%[\da-f]{2}|\\u[\da-f]{4}|\\x[\da-f]{2}|\\[nrt])`;
const wordEnd = String.raw`(?![\p{L}\p{N}])`;

/** A pattern for one character; the bounds on repetitions keep a search linear. */
function spellingsOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  const bytes = Buffer.from(character).toString("hex").match(/../g) ?? [];
  const spellings = [
    String.raw`${backslash}{0,3}\u{${hex}}`,
    String.raw`${backslash}{1,3}(?:u${hex.padStart(4, "0")}|u\{0{0,4}${hex}\}|x${hex.padStart(2, "0")})`,
    bytes.map((byte) => `%(?:25){0,2}${byte}`).join(""),
    `&(?:amp;)?#(?:0{0,4}${character.codePointAt(0)}|x0{0,4}${hex});`,
    ...(names[character] ?? []).map((name) => `&(?:amp;)?${name};`),
  ];
  return `(?:${spellings.join("|")})`;
}

/** As such, or as a URL has it. */
const backslash = String.raw`(?:\\|%(?:25){0,2}5c)`;

/** The names that HTML has for characters of keys. */
const names: Readonly<Record<string, readonly string[]>> = {
  "&": ["amp"],
  "<": ["lt"],
  ">": ["gt"],
  '"': ["quot"],
  "'": ["apos"],
  "/": ["sol"],
  "+": ["plus"],
  "=": ["equals"],
  ".": ["period"],
  _: ["lowbar", "UnderBar"],
};
