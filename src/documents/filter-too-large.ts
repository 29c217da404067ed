/** What a client of a server reads when its filter is too large for the store: the store's words name its address. */
export const filterTooLarge =
  "Expected a filter that the store of this server can handle (Chroma: about 10,000 values or 500 conditions), got a larger one.";
