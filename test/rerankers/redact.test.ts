import { expect, test } from "vitest";
import { redact } from "../../src/rerankers/redact.ts";

const secret = "sk/a+b=._%C3&\\z";
const each = (spell: (character: string) => string): string => Array.from(secret, spell).join("");
const hexOf = (character: string): string => character.charCodeAt(0).toString(16);

test.each([
  ["as it is", secret],
  ["in capitals", secret.toUpperCase()],
  ["in JSON", JSON.stringify(secret).slice(1, -1)],
  ["in JSON within JSON", JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
  ["in JSON that escapes slashes", JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/")],
  ["in JSON by code", each((character) => `\\u${hexOf(character).padStart(4, "0")}`)],
  ["in JSON by code in capitals", each((character) => `\\u00${hexOf(character).toUpperCase()}`)],
  ["in a URL", encodeURIComponent(secret)],
  ["in a URL within a URL", encodeURIComponent(encodeURIComponent(secret))],
  ["in a URL by code", each((character) => `%${hexOf(character)}`)],
  ["in HTML", secret.replaceAll("&", "&amp;").replaceAll("/", "&#x2F;").replaceAll("+", "&#43;")],
])("a secret is found %s", (_where, spelling) => {
  expect(redact(`{"a":"<${spelling}>, ${spelling}"}`, ["other", secret])).toBe(
    '{"a":"<[secret]>, [secret]"}',
  );
});

test("nothing else is replaced, and a long text of escapes takes no time", () => {
  const text = '{"key":"sk/a+b=._%C3&z"}' + "\\".repeat(1_000_000) + "%25".repeat(1_000_000);
  expect(redact(text, [secret])).toBe(text);
});
