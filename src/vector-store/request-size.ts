import type { ChromaRecord } from "./chroma-record.ts";

/** A record to write, with its vector unless only its metadata changes. */
export interface Row {
  readonly record: ChromaRecord;
  readonly vector: readonly number[];
}

/** Far below 40 MB, the server's default limit. */
const bytesPerRequest = 16_000_000;
/** Maximum bytes of one vector component in JSON. */
const bytesPerNumber = 25;

/** Splits rows into requests that the server takes; only a row that is too large by itself exceeds the size. */
export function* toRequests(rows: readonly Row[]): Generator<Row[]> {
  let request: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = bytesOf(row);
    if (request.length > 0 && bytes + size > bytesPerRequest) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(row);
    bytes += size;
  }
  if (request.length > 0) yield request;
}

/** Bytes of a row in a request. */
export function bytesOf({ record, vector }: Row): number {
  return Buffer.byteLength(JSON.stringify(record)) + vector.length * bytesPerNumber;
}
