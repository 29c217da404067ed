import { RetrievalError } from "./errors.ts";

/** Error codes for "no space": on the disk, in a quota, under the process's file-size limit. */
const fullCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const refusalCodes: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "EROFS"]);
/**
 * Error codes for an impossible path: a folder that is missing and cannot be created, a file instead of a
 * folder or the reverse, a name that is too long, a loop of links.
 */
const blockedPathCodes: ReadonlySet<unknown> = new Set([
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "EEXIST",
  "ENAMETOOLONG",
  "ELOOP",
]);

/** The code of a system error, such as `ENOENT`; `undefined` if the error has none. */
export function systemCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/**
 * Turns a failure to write `path` into an error that says what to do: `disk-full` if there is no space,
 * `invalid-input` if this user may not write there. Any other error is returned unchanged.
 */
export function writeFailure(cause: unknown, path: string): unknown {
  const code = systemCode(cause);
  if (fullCodes.has(code)) {
    return new RetrievalError(
      "disk-full",
      `Expected free disk space to write ${path}, got ${String(code)}: free some space there, or use a folder on another disk, then repeat the call.`,
      { cause },
    );
  }
  if (refusalCodes.has(code)) {
    return new RetrievalError(
      "invalid-input",
      `Expected permission to write ${path}, got ${String(code)}: make the folder writable for this user, or use another folder.`,
      { cause },
    );
  }
  return cause;
}

/**
 * As `writeFailure`, and `invalid-input` if `path` cannot be a file: something else is there, or its name is
 * too long.
 */
export function fileFailure(cause: unknown, path: string): unknown {
  const code = systemCode(cause);
  if (!blockedPathCodes.has(code)) return writeFailure(cause, path);
  return new RetrievalError(
    "invalid-input",
    `Expected to write a file at ${path}, got ${String(code)}: remove what blocks the path, or use another folder.`,
    { cause },
  );
}
