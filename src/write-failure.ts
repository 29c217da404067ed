import { RetrievalError } from "./errors.ts";

/** What the file system says where there is no room: on the disk, in a quota, under the limit of the process. */
const fullCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const refusalCodes: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "EROFS"]);
/** No folder, where the system lets none be made; a file or a folder in the way, a name too long, links in a circle. */
const placeCodes: ReadonlySet<unknown> = new Set([
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "EEXIST",
  "ENAMETOOLONG",
  "ELOOP",
]);

/** The code of a system error, such as `ENOENT`; `undefined` where an error has none. */
export function systemCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/**
 * Turns a failure to write `path` into an error that says what to do: `disk-full` where there is no room,
 * `invalid-input` where this user may not write there. Anything else stays as it is.
 */
export function writeFailure(cause: unknown, path: string): unknown {
  const code = systemCode(cause);
  if (fullCodes.has(code)) {
    return new RetrievalError(
      "disk-full",
      `Expected room on the disk to write ${path}, got ${String(code)}: free some space there, or use a folder on another disk, then repeat the call.`,
      { cause },
    );
  }
  if (refusalCodes.has(code)) {
    return new RetrievalError(
      "invalid-input",
      `Expected to be allowed to write ${path}, got ${String(code)}: make the folder writable for this user, or use another one.`,
      { cause },
    );
  }
  return cause;
}

/** As `writeFailure`, and `invalid-input` where no file can be at `path`, since something else is, or its name is too long. */
export function fileFailure(cause: unknown, path: string): unknown {
  const code = systemCode(cause);
  if (!placeCodes.has(code)) return writeFailure(cause, path);
  return new RetrievalError(
    "invalid-input",
    `Expected that a file can be written at ${path}, got ${String(code)}: remove what stands in its way, or use another folder.`,
    { cause },
  );
}
