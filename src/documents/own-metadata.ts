type Metadata = Readonly<Record<string, unknown>>;

/**
 * The metadata with what the document itself has under names that are to be written, kept as `documentStart` for
 * `start` and so on; a value that is kept already stays.
 */
export function keepOwn(metadata: Metadata, names: readonly string[]): Record<string, unknown> {
  const own = names
    .filter((name) => metadata[name] !== undefined)
    .map((name) => [`document${name.charAt(0).toUpperCase()}${name.slice(1)}`, metadata[name]]);
  return { ...Object.fromEntries(own), ...metadata };
}
