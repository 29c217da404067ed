import * as fc from "fast-check";

/** Texts that would change a terminal, a page, a table or a line if they were shown as they are. */
export const hostileTexts: Readonly<Record<string, string>> = {
  "colours and clears the screen": "\u001B[31mred\u001B[2J\u001B[H",
  "sets the title": "\u001B]0;owned\u0007",
  "opens a link": "\u001B]8;;http://192.0.2.1\u001B\\click\u001B]8;;\u001B\\",
  "writes the clipboard": "\u001B]52;c;b3duZWQ=\u0007",
  "uses one-byte controls": "\u009B31mred\u009D0;owned\u009C \u0090q\u0085next",
  "goes back": "safe.md\rowned\b\b\b\u007F",
  "breaks the line": "a.md\nerror: owned\r\nThe report is in b.\u2028c\u2029d\v\f",
  "has tabs": "a\tb",
  "has a null": "a\0b",
  reorders: "a\u202Egnp.exe\u202C \u2066b\u2069 \u202A\u202B\u202D\u2067\u2068",
  "marks directions in Latin": "a\u200Eb\u200Fc\u061Cd",
  "has no width": "pass\u200Bword\u2060\uFEFF\u00AD\u034F\u180E\u200C\u200D",
  "hides tags": "hi\u{E0001}\u{E0049}\u{E0067}\u{E007F}",
  "hides selectors": "a\uFE0F\uFE00\u{E0100}\u{E01EF}",
  "fills with blanks": "\u115F\u1160\u3164\uFFA0",
  annotates: "\uFFF9a\uFFFAb\uFFFB",
  "has halves of characters": "\uD800a\uDC00b\uD83D",
  "is a family that was cut": "👩\u200D",
};

/** Texts that need characters which show nothing by themselves. */
export const honestTexts: Readonly<Record<string, string>> = {
  Persian: "می‌خواهم کتاب‌ها را بخوانم",
  "Hebrew with a direction mark": "שלום\u200F!",
  "Arabic with a letter mark": "مرحبا\u061C 12",
  Hindi: "क्‍ष और क्‌ष",
  Sinhala: "ශ්‍රී ලංකා",
  "Khmer with word breaks": "សួស្តី\u200Bពិភពលោក",
  "Thai with word breaks": "สวัสดี\u200Bชาวโลก",
  Mongolian: "ᠮᠣᠩᠭᠣᠯ\u180B",
  "a family": "👨‍👩‍👧‍👦 and 🏳️‍🌈, ❤️‍🔥, 👩🏽‍💻, 🧑‍🚀",
  "a flag with tags": "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}!",
  keycaps: "1️⃣ #️⃣ ☺️ ✔︎",
  "a name with a variant": "葛\u{E0100}城",
  Japanese: "「＜重要＞」［注］全角（１２３）：《書名》【NHK】ｶﾞ",
  Chinese: "x＜y，第［三］章：《红楼梦》〈序〉",
  "marks above letters": "é ệ Å नि",
};

const parts = [
  ...Object.values(hostileTexts),
  ...Object.values(honestTexts),
  ..."\u001B[ \u200D \u200B \u202E \uFE0F \u{E0041} \uD83D \uDE00 👩 ك क ् \\ ` * _ < > & | # - $ @ ! ( )".split(
    " ",
  ),
  ..."www. http:// https://a.example javascript: ![x](y) [x](y) <b> <!-- mailto:a@b.example a@b.example ~~~ ``` 1. --- === :--".split(
    " ",
  ),
  ..."\n \r \t \u0085 \0".split(" "),
  " ",
];

/** Texts in which hostile pieces meet. */
export const anyHostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...parts),
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.nat(0xffff).map((code) => String.fromCharCode(code)),
    ),
    { maxLength: 12 },
  )
  .map((all) => all.join(""));

/** What no shown text may hold: controls, halves of characters, and what reorders or fills without showing. */
export const dangerous: RegExp =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00AD\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFF9-\uFFFB]/u;
