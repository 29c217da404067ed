/** A kind of text that is cheap to write and expensive to read: `unit` again and again behind `head`. */
export interface HostileKind {
  readonly name: string;
  readonly unit: string;
  /** Opens what the repetition never closes. @defaultValue "" */
  readonly head?: string;
  /** Breaks off what the repetition has matched so far. @defaultValue "" */
  readonly tail?: string;
}

/** Repetitions that make a reader look ahead, look behind or go back, one for each construct that text can hold. */
export const hostileKinds: readonly HostileKind[] = [
  // White space and line ends.
  { name: "blanks", unit: " ", tail: "x" },
  { name: "blanks at the end of a word", head: "x", unit: " " },
  { name: "tabs", unit: "\t", tail: "x" },
  { name: "line feeds", unit: "\n", tail: "x" },
  { name: "CRLF", unit: "\r\n", tail: "x" },
  { name: "carriage returns", unit: "\r", tail: "x" },
  { name: "mixed line ends", unit: "a\r\n\n\r \n", tail: "x" },
  { name: "no-break spaces", unit: "\u00a0", tail: "x" },
  { name: "ideographic spaces", unit: "\u3000", tail: "x" },
  { name: "line separators", unit: "\u2028", tail: "x" },
  // Characters nobody sees.
  { name: "control characters", unit: "\u0001" },
  { name: "NUL", unit: "\u0000" },
  { name: "zero-width spaces", unit: "\u200b" },
  { name: "zero-width joiners", unit: "\u200d" },
  { name: "variation selectors", unit: "a\ufe0f" },
  { name: "combining marks", head: "a", unit: "\u0301" },
  { name: "combining marks out of order", head: "a", unit: "\u0301\u0323" },
  { name: "letters with a mark", unit: "e\u0301" },
  // Words and numbers.
  { name: "one word", unit: "a" },
  { name: "words", unit: "word " },
  { name: "different words", unit: "ab1 c2d e3f, g4h-5 " },
  { name: "a code of letters and digits", unit: "a1" },
  { name: "a code with hyphens", unit: "ab-" },
  { name: "underscores", unit: "_" },
  { name: "apostrophes", unit: "l'" },
  { name: "digits", unit: "1" },
  { name: "thousands", unit: "1," },
  { name: "decimals", unit: "1." },
  // Ends of sentences that are none.
  { name: "abbreviations", unit: "A. " },
  { name: "numbers with a full stop", unit: "1. " },
  { name: "numbers with an exclamation mark", unit: "1!" },
  { name: "exclamation marks with stars", unit: "!*" },
  { name: "full stops", unit: "." },
  { name: "full stops with blanks", unit: ". " },
  { name: "question marks", unit: "a? " },
  { name: "sentences", unit: "One more sentence. " },
  // Markdown.
  { name: "headings", unit: "# A\n" },
  { name: "nested headings with text", unit: "# A\ntext\n## B\ntext\n###### C\ntext\n" },
  { name: "a heading of words", head: "# ", unit: "a " },
  { name: "a heading of hashes", head: "# ", unit: "#", tail: "x" },
  { name: "front matter", head: "---\n", unit: "a: b\n" },
  { name: "rules", unit: "---\n\n" },
  { name: "backticks", unit: "`" },
  { name: "code between backticks", unit: "`a`" },
  { name: "runs of backticks", unit: "` `` ``` " },
  { name: "fences", unit: "```\n" },
  { name: "fences that differ", unit: "```\na\n~~~~\n" },
  { name: "list items", unit: "- a\n" },
  { name: "quotes", unit: "> " },
  { name: "stars and underscores", unit: "*_" },
  { name: "stars within a word", head: "a", unit: "*", tail: "b" },
  { name: "links", unit: "[a](b)" },
  { name: "links that are never closed", unit: "[a](" },
  { name: "tildes", unit: "~" },
  { name: "nested list items", unit: "- " },
  { name: "nested list items and quotes", unit: "1. > " },
  { name: "lines that go on with a quotation", head: "> ".repeat(40), unit: "a\n" },
  { name: "dollar signs", unit: "$" },
  { name: "formulas that are never closed", unit: "$a " },
  { name: "display formulas that are never closed", unit: "\\[ \\( " },
  { name: "a table", unit: "| a | b |\n" },
  { name: "a row of a table", unit: "|" },
  // Brackets, marks and markup.
  { name: "brackets", unit: "[" },
  { name: "brackets with blanks", unit: "[ " },
  { name: "citations", unit: "[1]" },
  { name: "a citation that is never closed", head: "[", unit: "1, " },
  { name: "citations behind a word", head: "a", unit: "[1]" },
  { name: "citations in other brackets", unit: "【1†a】" },
  { name: "a list of lists that is never closed", unit: "[[1]," },
  { name: "a citation of words", head: "[", unit: "1 and " },
  { name: "made-up citations", unit: " [9]" },
  { name: "tags", unit: "<a>" },
  { name: "thinking that is never closed", unit: "<think>" },
  { name: "thoughts", unit: "<think></think>" },
  { name: "control words in brackets", unit: "[INST_" },
  { name: "entities", unit: "&amp;" },
  { name: "entities of brackets", unit: "&#91;" },
  { name: "entities of brackets with blanks", unit: "&#91; ", tail: "x" },
  { name: "an entity of a bracket that is never closed", head: "&#91;", unit: "1, " },
  { name: "citations behind an entity of a bracket", unit: "&#91;1]" },
  { name: "entities between backticks that are never closed", unit: "`&#91;``&lt;" },
  { name: "entities in a fence", head: "```\n", unit: "&#91;" },
  { name: "ampersands", unit: "&" },
  { name: "entities that are never closed", unit: "&#9" },
  { name: "quotation marks", unit: '"' },
  { name: "nested JSON", unit: '{"a":[' },
  { name: "addresses", unit: "a://b@" },
  { name: "backslashes", unit: "\\" },
  { name: "slashes", unit: "/", tail: "x" },
  // Scripts.
  { name: "Thai", unit: "ภาษาไทย" },
  { name: "Chinese", unit: "中文字" },
  { name: "Chinese sentences", unit: "中。" },
  { name: "Japanese with prolonged vowels", unit: "カー" },
  { name: "Korean", unit: "한국어 " },
  { name: "Arabic", unit: "العربية " },
  { name: "Arabic in ligatures", unit: "\ufdfa" },
  { name: "Devanagari", unit: "कि" },
  { name: "one word of a script with marks", unit: "ก็" },
  { name: "full width", unit: "Ａ１" },
  { name: "capitals that change length", unit: "İß" },
  // Characters of more than one unit.
  { name: "emoji", unit: "😀" },
  { name: "families joined by ZWJ", unit: "👩‍👩‍👧" },
  { name: "an endless ZWJ sequence", unit: "👩\u200d" },
  { name: "flags", unit: "🇩🇪" },
  { name: "ideographs outside the basic plane", unit: "𠀀" },
  { name: "lone high surrogates", unit: "\ud83d" },
  { name: "lone low surrogates", unit: "\ude00" },
];

/** A text of this kind, `length` UTF-16 units long. */
export function hostileText({ head = "", unit, tail = "" }: HostileKind, length: number): string {
  const room = length - head.length - tail.length;
  const text = head + unit.repeat(Math.ceil(room / unit.length)).slice(0, room) + tail;
  // Concatenation and `repeat` give a tree of strings, whose flattening the first reader would pay for.
  return Buffer.from(text, "utf16le").toString("utf16le");
}
