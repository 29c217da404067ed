import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutEnd, cutMiddle } from "../../src/text/cut-text.ts";
import { escapeHtml } from "../../src/text/escape-html.ts";
import { printable, printableJson, printableLines } from "../../src/text/printable.ts";
import { anyHostileText, dangerous, honestTexts, hostileTexts } from "./hostile-texts.ts";

describe("printable", () => {
  test.each(Object.entries(hostileTexts))("shows what %s as escapes", (_what, text) => {
    const shown = printable(text);
    expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(shown).toMatch(/\\(?:u[0-9a-f]{4}|u\{[0-9a-f]{5}\}|[nrt])|…/);
  });

  test.each(Object.entries(honestTexts))("leaves %s as it is", (_what, text) => {
    expect(printable(text)).toBe(text);
    expect(printableLines(text)).toBe(text);
  });

  test("names the character that it shows", () => {
    expect(printable("a\u001B\u009B\u202E\u{E0041}\n\r\t\uD800")).toBe(
      String.raw`a\u001b\u009b\u202e\u{e0041}\n\r\t\ud800`,
    );
    expect(printableLines("a\r\nb\tc\rd\u001B")).toBe("a\nb\tc\\rd\\u001b");
  });

  test("lets nothing dangerous through, and changes nothing the second time", () => {
    fc.assert(
      fc.property(anyHostileText, (text) => {
        const [line, lines] = [printable(text), printableLines(text)];
        expect(line).not.toMatch(dangerous);
        expect(lines.replaceAll(/[\n\t]/g, "")).not.toMatch(dangerous);
        expect([printable(line), printableLines(lines)]).toEqual([line, lines]);
      }),
      { numRuns: 5000 },
    );
  });

  test("as JSON lets nothing dangerous through, and loses nothing", () => {
    fc.assert(
      fc.property(anyHostileText, (text) => {
        const json = printableJson({ [text]: [text, { text }] });
        expect(json.replaceAll("\n", "")).not.toMatch(
          /[\p{Cc}\p{Cs}\p{DI}\p{Zl}\p{Zp}\uFFF9-\uFFFB]/u,
        );
        expect(JSON.parse(json)).toEqual({ [text]: [text, { text }] });
      }),
      { numRuns: 3000 },
    );
  });
});

test("escapeHtml lets no tag, quote or entity through, and shows what is hidden", () => {
  expect(escapeHtml(`<b a='1' b="2">&lt;\u202E\0`)).toBe(
    String.raw`&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;lt;\u202e\u0000`,
  );
  fc.assert(
    fc.property(anyHostileText, (text) => {
      const html = escapeHtml(text);
      expect(html).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
      expect(html.replaceAll(/[\n\t]/g, "")).not.toMatch(dangerous);
    }),
    { numRuns: 3000 },
  );
});

describe("a text that is cut", () => {
  test("keeps to its length, and cuts no character in two", () => {
    expect(cutEnd("abc", 3)).toBe("abc");
    expect(cutEnd("abcd", 3)).toBe("ab…");
    expect(cutEnd("ab 👩‍💻 cd", 6)).toBe("ab…");
    expect(cutEnd(`a${"\u0301".repeat(50)}`, 10)).toBe("…");
    expect(cutMiddle("abcdefgh", 2, 3)).toBe("ab…fgh");
    expect(cutMiddle("👩‍💻bcdefgh👩‍💻", 2, 3)).toBe("…");
    expect(cutMiddle("abcdef", 2, 3)).toBe("abcdef");
  });

  test("is well-formed Unicode if it was before", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), fc.nat(9), (whole, most, tail) => {
        for (const shown of [cutEnd(whole, most), cutMiddle(whole, most, tail)]) {
          expect(/\p{Cs}/u.test(shown)).toBe(/\p{Cs}/u.test(whole));
        }
        expect(cutEnd(whole, most).length).toBeLessThanOrEqual(Math.max(most, 1));
      }),
    );
  });
});
