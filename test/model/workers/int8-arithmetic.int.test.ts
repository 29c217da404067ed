import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../../run-program.ts";

test(
  "int8 products and the bundled models' scores are right on this processor",
  { timeout: 300_000 },
  () => {
    const script = join(import.meta.dirname, "../../processors/check.mjs");
    const { stdout, status } = runProgram(process.execPath, [script], { limitMs: 280_000 });
    expect(stdout).not.toContain("WRONG");
    expect(stdout).toContain("rerank-minilm-l3");
    expect(status).toBe(0);
  },
);
