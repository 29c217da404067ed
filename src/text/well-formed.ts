/** Replaces each lone surrogate: half a character has no UTF-8 form, and no meaning to a model. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, "\uFFFD");
}
