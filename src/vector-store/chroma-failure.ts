import { describe, RetrievalError } from "../errors.ts";

/** The target of a request, for error messages. */
export interface RequestTarget {
  readonly url: string;
  readonly collectionName: string;
  /** The data folder, if the server was started for one. */
  readonly path: string | undefined;
}

/** The error for a tenant or database that does not exist. */
export function noDatabase(
  { url }: RequestTarget,
  { tenant, database }: { readonly tenant: string; readonly database: string },
  cause: unknown,
): RetrievalError {
  return new RetrievalError(
    "store-mismatch",
    `Expected the database "${database}" of tenant "${tenant}" at ${url}, found none: create it, or pass another \`tenant\` or \`database\`.`,
    { cause },
  );
}

/** The error for a collection that does not exist, and must not be created. */
export function noCollection({ collectionName, url, path }: RequestTarget): RetrievalError {
  return new RetrievalError(
    "store-mismatch",
    `Expected the collection "${collectionName}" ${path === undefined ? `at ${url}` : `in ${path}`}, found none: index documents into it, or pass another \`collectionName\`.`,
  );
}

/** Turns an error of `chromadb` into one that says what to do; returns any other error unchanged. */
export function chromaFailure(cause: unknown, target: RequestTarget): unknown {
  if (!(cause instanceof Error) || cause instanceof RetrievalError) return cause;
  if (isUnreachable(cause)) return unreachable(target, cause);
  if (cause.name === "ChromaNotFoundError") {
    return new RetrievalError(
      "store-mismatch",
      `Collection "${target.collectionName}" no longer exists at ${target.url}: open the store again to create it.`,
      { cause },
    );
  }
  const reason = cause.message.replace(/^Bad request to \S+ with status: /, "");
  const widths = /expecting embedding with dimension of (\d+), got (\d+)/.exec(reason);
  if (widths) return widthMismatch(target, Number(widths[1]), Number(widths[2]), cause);
  if (/database or disk is full/.test(reason)) return diskFull(target, cause);
  if (/readonly database/.test(reason)) return readOnly(target, cause);
  if (/too many SQL variables|Expression tree is too large/i.test(reason)) {
    return filterTooLarge(target, reason, cause);
  }
  if (isDamage(cause)) return damaged(target, reason, cause);
  if (isRefusal(cause)) {
    return new RetrievalError("invalid-input", `Chroma at ${target.url} refused: ${reason}`, {
      cause,
    });
  }
  return cause.name === "ChromaServerError" ? serverFailure(target, reason, cause) : cause;
}

/** The error if the server does not answer, or ended during an answer. */
export function unreachable({ url, path }: RequestTarget, cause?: unknown): RetrievalError {
  return new RetrievalError(
    "store-unreachable",
    path === undefined
      ? `No Chroma server answers at ${url}: start it (\`npx chroma run --path DIR\`) or omit \`url\` to have one started, then repeat the call. Stored documents are kept.`
      : `The Chroma server of ${path} has ended; see the end of server.log there. Open the store again and repeat the call: stored documents are kept.`,
    { cause },
  );
}

/** The error if the collection's index cannot be read; `reason` says how this was detected. */
export function damaged(
  { collectionName, url, path }: RequestTarget,
  reason: string,
  cause: unknown,
): RetrievalError {
  return new RetrievalError(
    "store-damaged",
    `The index of collection "${collectionName}" at ${url} is damaged, probably by a crash during a write: ${reason} Delete ${path === undefined ? "the collection" : `the folder ${path}`} and index again.`,
    { cause },
  );
}

/** The error for vectors whose length differs from the collection's. */
export function widthMismatch(
  { collectionName, url }: RequestTarget,
  expected: number,
  got: number,
  cause?: unknown,
): RetrievalError {
  return new RetrievalError(
    "store-mismatch",
    `Collection "${collectionName}" at ${url} holds vectors of ${expected} numbers, but these embeddings have ${got}: use the model it was created with, or another \`collectionName\`.`,
    { cause },
  );
}

/** Whether the server refused a request because of its size. */
export function isTooLarge(error: unknown): boolean {
  const { cause } = Object(error);
  return cause instanceof Error && cause.message.startsWith("413:");
}

/** The error for a record that the server does not take even alone. */
export function recordTooLarge(
  { url }: RequestTarget,
  { id, bytes }: { readonly id: string; readonly bytes: number },
  cause: unknown,
): RetrievalError {
  return new RetrievalError(
    "invalid-input",
    `Expected a document that Chroma at ${url} takes in one request (40 MB, unless the server is configured otherwise), got about ${Math.round(bytes / 1e6)} MB with its metadata for the document ${describe(id)}: split its text, or leave out its largest metadata field.`,
    { cause },
  );
}

function diskFull({ url, path }: RequestTarget, cause: unknown): RetrievalError {
  return new RetrievalError(
    "disk-full",
    `Expected free disk space for Chroma ${path === undefined ? `at ${url}` : `in ${path}`}, found none: free some space there, then repeat the call. Documents stored before are kept.`,
    { cause },
  );
}

function readOnly({ url, path }: RequestTarget, cause: unknown): RetrievalError {
  return new RetrievalError(
    "store-unreachable",
    `Chroma ${path === undefined ? `at ${url}` : `in ${path}`} cannot write to its folder: make the folder writable for the user that the server runs as.`,
    { cause },
  );
}

function filterTooLarge({ url }: RequestTarget, reason: string, cause: unknown): RetrievalError {
  return new RetrievalError(
    "invalid-input",
    `Expected a filter that Chroma at ${url} can handle (about 10,000 values or 500 conditions), got a larger one: ${reason}. Store what the values have in common in a field of its own, and filter by that field.`,
    { cause },
  );
}

/** The error if the server fails internally, for example because files of its folder were deleted. */
function serverFailure({ url, path }: RequestTarget, reason: string, cause: Error): RetrievalError {
  return new RetrievalError(
    "store-unreachable",
    path === undefined
      ? `Chroma at ${url} failed: ${reason}. See the log of the server; open the store again and repeat the call.`
      : `Chroma in ${path} failed: ${reason}. Open the store again and repeat the call; if that does not help, delete the folder and index again.`,
    { cause },
  );
}

/** Whether an index was not found on disk: it is damaged, or its first passages are being written. */
export function isUnwritten(error: unknown): boolean {
  return error instanceof RetrievalError && error.message.includes("Nothing found on disk");
}

function isDamage({ name, message }: Error): boolean {
  return (
    name === "ChromaServerError" && /hnsw|Error getting embedding|Error finding id/.test(message)
  );
}

function isRefusal({ name, message }: Error): boolean {
  return ["ChromaClientError", "ChromaValueError"].includes(name) || message.startsWith("413:");
}

function isUnreachable({ name, message }: Error): boolean {
  return (
    name === "ChromaConnectionError" ||
    (name === "ChromaServerError" && /^50[234]\b/.test(message)) ||
    // The error of `fetch` if the server ended while answering.
    (name === "TypeError" && ["terminated", "fetch failed"].includes(message)) ||
    (name === "SyntaxError" && message.includes("JSON"))
  );
}
