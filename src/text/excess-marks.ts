/**
 * The text with at most twenty combining marks on a character: putting marks in order, as `normalize`
 * does, takes the square of their number, and no script has ten on a letter.
 */
export function withoutExcessMarks(text: string): string {
  return text.replaceAll(/(?<=\p{M}{20})\p{M}/gu, "");
}
