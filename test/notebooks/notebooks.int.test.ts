import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  codeCells,
  denoPath,
  labFile,
  labNames,
  readNotebook,
  root,
  writeModules,
} from "../../notebooks/tools/notebook.ts";
import { runProgram } from "../run-program.ts";

const names = labNames();
const deno = denoPath();
// Inside the package, where its own name leads to its build.
const temporary = mkdtempSync(join(import.meta.dirname, "labs-"));
afterAll(() => rmSync(temporary, { recursive: true }));

/** Runs a command of `node_modules/` on all labs at once and gives what it says, line by line. */
function complaints(command: string, ...parameters: string[]): string[] {
  const script = join(root, "node_modules", command);
  const { stdout, stderr } = runProgram(process.execPath, [script, ...parameters], { cwd: root });
  return `${stdout}${stderr}`.split("\n");
}

let files: string[];
beforeAll(() => {
  files = writeModules(temporary, names);
  const types = runProgram(deno, ["types"]);
  writeFileSync(join(temporary, "deno.d.ts"), types.stdout);
  const settings = {
    extends: "../../tsconfig.json",
    compilerOptions: { rootDir: root, lib: ["es2023", "esnext.disposable", "dom"] },
    include: ["."],
  };
  writeFileSync(join(temporary, "tsconfig.json"), JSON.stringify(settings));
});

test("there are labs", () => {
  expect(names[0]).toMatch(/^01-/);
});

describe.each(names)("lab %s", (name) => {
  const notebook = readNotebook(labFile(name));
  const cells = codeCells(notebook);

  test("shows the outputs of a whole run, one cell after the other", () => {
    const order = cells.map((_cell, index) => index + 1);
    expect(cells.map((cell) => cell.execution_count)).toEqual(order);
    const kinds = cells.flatMap(({ outputs = [] }) => outputs.map((output) => output.output_type));
    expect(kinds).not.toContain("error");
    expect(kinds).toContain("display_data");
    // The value of a cell's last line can be a megabyte that nobody wants to see.
    expect(kinds).not.toContain("execute_result");
  });
});

describe("the code of all labs", () => {
  test("has no type errors", () => {
    const lines = complaints("typescript/bin/tsc", "-p", temporary);
    expect(lines.filter((line) => line !== "")).toEqual([]);
  });

  test("keeps to the style of the package", () => {
    const format = complaints("oxfmt/bin/oxfmt", "--check", ...files);
    expect(format.filter((line) => line.includes(".ts"))).toEqual([]);
    const lint = complaints("oxlint/bin/oxlint", "--type-aware", ...files);
    expect(lint.join("\n")).toMatch(/Found 0 warnings and 0 errors/);
  });
});
