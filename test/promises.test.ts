import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

test("each promise names files that are there", () => {
  const promises = readFileSync(join(root, "docs/promises.md"), "utf8").split("\n");
  const rows = promises.filter((line) => /^\| .*`(test|\.ci)\//.test(line));
  expect(rows.length).toBeGreaterThan(25);
  const named = rows.flatMap((row) => row.match(/(?:test|\.ci)\/[\w./-]+/g) ?? []);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
