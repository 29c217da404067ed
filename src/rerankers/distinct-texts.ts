/** The indices of each text, with equal texts grouped, in the order of their first occurrence. */
export function placesOf(texts: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, text] of texts.entries()) {
    const equals = places.get(text);
    if (equals) equals.push(index);
    else places.set(text, [index]);
  }
  return places;
}
