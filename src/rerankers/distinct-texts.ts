/** The indices of each distinct text, in the order of first appearance. */
export function placesOf(texts: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, text] of texts.entries()) {
    const equals = places.get(text);
    if (equals) equals.push(index);
    else places.set(text, [index]);
  }
  return places;
}
