type Metadata = Readonly<Record<string, unknown>>;

/**
 * Renames the document's own metadata under these names, because they will be overwritten: `start` becomes
 * `documentStart`, and so on. A value that was kept before stays.
 */
export function keepOwn(metadata: Metadata, names: readonly string[]): Record<string, unknown> {
  const own = names
    .filter((name) => metadata[name] !== undefined)
    .map((name) => [`document${name.charAt(0).toUpperCase()}${name.slice(1)}`, metadata[name]]);
  return { ...Object.fromEntries(own), ...metadata };
}
