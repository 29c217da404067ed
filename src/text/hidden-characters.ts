/**
 * Scripts whose text legitimately needs joiners, direction marks or invisible word breaks between its letters.
 */
const joiningScripts = `
  Arab Hebr Syrc Thaa Nkoo Adlm Rohg Mong Phag
  Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Newa
  Thai Laoo Khmr Mymr Tibt Bali Java Lana Cham`
  .trim()
  .split(/\s+/)
  .map((script) => String.raw`\p{scx=${script}}`)
  .join("");

/** Legitimate uses of hidden characters: each follows the character that it modifies, and is not repeated. */
const honest = [
  String.raw`(?<=[${joiningScripts}])(?<!\p{DI})[\u061C\u200B-\u200F]`,
  String.raw`(?<=[\p{ExtPict}\p{EMod}\uFE0F])\u200D(?=\p{ExtPict})`,
  String.raw`(?<=[\p{L}\p{M}\p{S}])(?<![\p{DI}\0-\x7F])[\u180B-\u180F\uFE00-\uFE0F\u{E0100}-\u{E01EF}]`,
  String.raw`(?<=[#*0-9])\uFE0F(?=\u20E3)`,
  // The flags of England, Scotland and Wales, the only ones that are spelt with tags.
  String.raw`(?<=\u{1F3F4})\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}`,
].join("|");

const hidden = String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}\uFFF9-\uFFFB]`;
const honestOrHidden = new RegExp(`(${honest})|${hidden}`, "gu");
const anyHidden = new RegExp(hidden, "gu");
const oneHidden = new RegExp(hidden, "u");

/**
 * Replaces every invisible character that can change the text around it: control characters, line and paragraph
 * separators, direction overrides, tags, zero-width characters and lone surrogates. Keeps joiners, direction
 * marks and variation selectors where a script or an emoji needs them.
 */
export function replaceHidden(text: string, replacement: (character: string) => string): string {
  return text.replaceAll(
    honestOrHidden,
    (character, kept?: string) => kept ?? replacement(character),
  );
}

/** As `replaceHidden`, without exceptions: for escapes that name the character and so lose nothing. */
export function replaceEveryHidden(
  text: string,
  replacement: (character: string) => string,
): string {
  return text.replaceAll(anyHidden, replacement);
}

/**
 * The position where the hidden characters, or the half of a surrogate pair, at the end of a text begin: their
 * meaning can depend on what follows.
 */
export function openEndOf(text: string): number {
  let end = text.length;
  while (end > 0) {
    const start = end - (/[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(end - 2, end)) ? 2 : 1);
    if (!oneHidden.test(text.slice(start, end))) break;
    end = start;
  }
  return end;
}
