/** For each query a number for each of its documents, put together line by line. */
export class ValuesByQuery {
  readonly values: Map<string, Map<string, number>> = new Map();

  /** Notes a number; false where the query has one for the document already. */
  add(query: string, id: string, value: number): boolean {
    let ofQuery = this.values.get(query);
    if (!ofQuery) this.values.set(query, (ofQuery = new Map()));
    const isNew = !ofQuery.has(id);
    ofQuery.set(id, value);
    return isNew;
  }
}
