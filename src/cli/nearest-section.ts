import { letterDistance, nearestName } from "../options.ts";

/**
 * The known section id, such as `guide.md#section`, that was probably meant: the same file and section except
 * for dashes and case, else the nearest section of the same file, else the same section of a file with a
 * similar name.
 */
export function nearestSection(given: string, known: readonly string[]): string | undefined {
  if (!given.includes("#")) return nearestName(given, known);
  const same = known.find((id) => plain(id) === plain(given));
  if (same !== undefined) return same;
  const [file, section] = partsOf(given);
  const parts = known.map((id) => ({ id, parts: partsOf(id) }));
  const ofFile = parts.filter(({ parts: [other] }) => plain(other) === plain(file));
  const inFile = nearest(section, ofFile, ({ parts: [, other] }) => other);
  if (inFile) return inFile.id;
  const ofSection = parts.filter(({ parts: [, other] }) => plain(other) === plain(section));
  return nearest(file, ofSection, ({ parts: [other] }) => other)?.id;
}

/** Of the items that differ in few letters, the one that differs in the fewest. */
function nearest<Item>(
  given: string,
  items: readonly Item[],
  nameOf: (item: Item) => string,
): Item | undefined {
  const [first] = items
    .map((item) => ({ item, distance: letterDistance(plain(given), plain(nameOf(item))) }))
    .toSorted((a, b) => a.distance - b.distance);
  return first && first.distance <= Math.max(1, given.length / 3) ? first.item : undefined;
}

function partsOf(id: string): readonly [file: string, section: string] {
  const hash = id.indexOf("#");
  return [id.slice(0, hash), id.slice(hash + 1)];
}

function plain(name: string): string {
  return name.replaceAll(/[-_\s]/g, "").toLowerCase();
}
