import { withoutExcessMarks } from "./excess-marks.ts";

/**
 * The words of a text in lower case, joined by blanks, without punctuation: two texts with the same wording have the same
 * ones. Empty if there are no words. Takes time linear in the text.
 */
export function plainWords(text: string): string {
  const words = withoutExcessMarks(text)
    .normalize("NFKC")
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  return words?.join(" ") ?? "";
}
