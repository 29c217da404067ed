/**
 * Limits a text to twenty combining marks per character: sorting marks, as `normalize` does, takes time
 * quadratic in their number, and no script has ten on a letter.
 */
export function withoutExcessMarks(text: string): string {
  return text.replaceAll(/(?<=\p{M}{20})\p{M}/gu, "");
}
