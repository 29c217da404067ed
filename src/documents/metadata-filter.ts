/** A metadata value that every stage can compare. */
export type Scalar = string | number | boolean;

/** Comparisons on one metadata field, with the operators of Chroma's `where`. */
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
 * Which documents a search may see: `{ tenant: "a" }`, `{ year: { $gte: 2024 } }`, `{ $and: [...] }`. Several
 * fields or comparisons must all hold. Fractions are compared to 15 significant digits. `{}` means no filter,
 * as in LangChain's stores, but is refused inside `$and` and `$or`. Anything that is not a plain object is
 * refused.
 */
export type MetadataFilter =
  | { readonly [field: string]: Scalar | FieldFilter }
  | { readonly $and: readonly MetadataFilter[] }
  | { readonly $or: readonly MetadataFilter[] };
