import { expect, test } from "vitest";
import { messageOf, RetrievalError } from "../src/errors.ts";

test("an error keeps its code, its name and what caused it", () => {
  const cause = new Error("EACCES");
  const error = new RetrievalError("store-unreachable", "Cannot open it.", { cause });
  expect(error).toMatchObject({ name: "RetrievalError", code: "store-unreachable", cause });
  expect(error).toBeInstanceOf(Error);
});

test("any thrown value has a message, even if it is not an Error", () => {
  expect([new Error("no"), "no", undefined, 7].map((thrown) => messageOf(thrown))).toEqual([
    "no",
    "no",
    "undefined",
    "7",
  ]);
});
