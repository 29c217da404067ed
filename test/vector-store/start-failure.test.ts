import { expect, test } from "vitest";
import { startFailure } from "../../src/vector-store/start-failure.ts";

test("names the exact override if the system's C library is too old", () => {
  const failure = startFailure(
    "/data",
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.39' not found (required by /app/node_modules/chromadb-js-bindings-linux-x64-gnu/chromadb-js-bindings.linux-x64-gnu.node)",
    "",
  );
  expect(failure.code).toBe("store-unreachable");
  expect(failure.message).toContain("needs GLIBC_2.39");
  const build = process.arch === "arm64" ? "1.0.1" : "1.0.3";
  expect(failure.message).toContain(
    `"overrides": { "chromadb-js-bindings-linux-${process.arch}-gnu": "${build}" }`,
  );
  expect(failure.message).toContain("MemoryVectorStore");
});

test("says how to install the server if npm left it out", () => {
  const failure = startFailure(
    "/data",
    "Cannot find module 'chromadb-js-bindings-win32-x64-msvc'\nRequire stack:\n- /app",
    "",
  );
  expect(failure.code).toBe("missing-dependency");
  expect(failure.message).toContain("'chromadb-js-bindings-win32-x64-msvc'. `npm install chromadb");
});

test("blames no package for a file of our own that is missing", () => {
  const failure = startFailure("/data", "", "Error: Cannot find module '/app/chroma-keeper.js'\n");
  expect(failure.code).toBe("store-unreachable");
  expect(failure.message).toContain("Cannot find module '/app/chroma-keeper.js'");
});

test("else gives the reason and the last lines of the log, without its banner", () => {
  const failure = startFailure(
    "/data",
    "The Chroma server ended unexpectedly.",
    "\u001B[38;5;069m((((\nSaving data to: /data\n\nfile is not a database\n",
  );
  expect(failure.code).toBe("store-unreachable");
  expect(failure.message).toContain(
    "in /data did not start: The Chroma server ended unexpectedly.\nSaving data to: /data\nfile is not a database\nOr pass the address",
  );
});

test.each([
  ["attempt to write a readonly database", "store-unreachable", "to be writable for this user"],
  ["Error: ENOSPC: no space left on device, write", "disk-full", "free some space there"],
  ["(code: 13) database or disk is full", "disk-full", "free some space there"],
])("says what to do where the log says %s", (log, code, wayOut) => {
  const failure = startFailure("/data", "", log);
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(wayOut);
});
