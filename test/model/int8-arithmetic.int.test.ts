import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test(
  "int8 products and the bundled models' scores are right on this processor",
  { timeout: 300_000 },
  () => {
    const script = join(import.meta.dirname, "../processors/check.mjs");
    const { stdout, status } = spawnSync(process.execPath, [script], { encoding: "utf8" });
    expect(stdout).not.toContain("WRONG");
    expect(stdout).toContain("rerank-minilm-l3");
    expect(status).toBe(0);
  },
);
