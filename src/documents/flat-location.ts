type Metadata = Readonly<Record<string, unknown>>;

/**
 * Replaces the `loc` of LangChain's splitters (`{ lines: { from, to } }`, and `pageNumber` of its PDF loader)
 * by the flat fields that LangChain's `Chroma` stores; returns the metadata unchanged if `loc` holds anything
 * else.
 */
export function flatLocation(metadata: Metadata): Metadata {
  const { loc, ...rest } = metadata;
  if (typeof loc !== "object" || loc === null) return metadata;
  const { lines, pageNumber, ...others }: Metadata = { ...loc };
  const { from, to, ...otherLines }: Metadata = { ...(isObject(lines) ? lines : {}) };
  if (Object.keys(others).length > 0 || Object.keys(otherLines).length > 0) return metadata;
  return { ...rest, locFrom: from, locTo: to, locPageNumber: pageNumber };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
