import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { messageOf, RetrievalError } from "../src/errors.ts";

const root = join(import.meta.dirname, "..");
const source = readFileSync(join(root, "src/errors.ts"), "utf8");
const guide = readFileSync(join(root, "docs/errors.md"), "utf8");

test("every code stands in docs/errors.md with its cause and its cure, and no other does", () => {
  const [declaration = ""] = /RetrievalErrorCode =[^;]*;/.exec(source) ?? [];
  const codes = [...declaration.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
  const rows = [...guide.matchAll(/^\| `([a-z-]+)` \| (.+) \| (.+) \|$/gm)];
  expect(codes.length).toBeGreaterThan(10);
  expect(new Set(rows.map(([, code]) => code))).toEqual(new Set(codes));
});

test("an error keeps its code, its name and what caused it", () => {
  const cause = new Error("EACCES");
  const error = new RetrievalError("store-unreachable", "Cannot open it.", { cause });
  expect(error).toMatchObject({ name: "RetrievalError", code: "store-unreachable", cause });
  expect(error).toBeInstanceOf(Error);
});

test("what was thrown has a message, also where it is no error", () => {
  expect([new Error("no"), "no", undefined, 7].map((thrown) => messageOf(thrown))).toEqual([
    "no",
    "no",
    "undefined",
    "7",
  ]);
});
