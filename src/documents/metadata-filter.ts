/** A value of metadata that every stage can compare. */
export type Scalar = string | number | boolean;

/** Comparisons on one metadata field, in the words of Chroma's `where`. */
export interface FieldFilter {
  readonly $eq?: Scalar;
  readonly $ne?: Scalar;
  readonly $gt?: number;
  readonly $gte?: number;
  readonly $lt?: number;
  readonly $lte?: number;
  readonly $in?: readonly Scalar[];
  readonly $nin?: readonly Scalar[];
}

/**
 * Which documents a search may see: `{ tenant: "a" }`, `{ year: { $gte: 2024 } }`, `{ $and: [...] }`.
 * Several fields or comparisons must all hold. Fractions are compared by 15 significant digits. `{}` is no
 * filter, as in LangChain's stores; inside `$and` and `$or` it is refused. Everything that is not a plain
 * object is refused everywhere.
 */
export type MetadataFilter =
  | { readonly [field: string]: Scalar | FieldFilter }
  | { readonly $and: readonly MetadataFilter[] }
  | { readonly $or: readonly MetadataFilter[] };
