/** The places of each text, with equal texts taken together, in the order in which they first come. */
export function placesOf(texts: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, text] of texts.entries()) {
    const equals = places.get(text);
    if (equals) equals.push(index);
    else places.set(text, [index]);
  }
  return places;
}
