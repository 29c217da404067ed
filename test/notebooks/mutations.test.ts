import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutations } from "./mutations.ts";

test.each(mutations)('$file has the line that "$name" changes', ({ file, from }) => {
  const code = readFileSync(join(import.meta.dirname, "../../dist", file), "utf8");
  expect(code).toContain(from);
});
