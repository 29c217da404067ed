import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fitFusion } from "../../../src/evaluation/fitting/fit-fusion.ts";
import { readFusion, writeFusion } from "../../../src/evaluation/fitting/saved-fusion.ts";
import { hint, plantEvidence } from "./judged-pools.ts";

const planted = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
const fusions = (["all", "first-stage"] as const).map((features) =>
  fitFusion({ ...planted, features, resamples: 5 }),
);

describe("a saved fusion", () => {
  test("reads back as it was, and is written whole", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fusion-"));
    try {
      for (const fusion of fusions) {
        await writeFusion(join(folder, "fusion.json"), fusion);
        const json = await readFile(join(folder, "fusion.json"), "utf8");
        expect(readFusion(json)).toEqual(fusion);
        expect(readFusion(JSON.parse(json))).toEqual(fusion);
      }
      expect(await readdir(folder)).toEqual(["fusion.json"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each([
    ["not JSON", "{", "Expected JSON in a saved fusion"],
    [
      "another version",
      { ...fusions[0], version: 2 },
      "`version` in a saved fusion to be one of 1",
    ],
    [
      "no models",
      { ...fusions[0], models: undefined },
      "`models` in a saved fusion to be an object",
    ],
    [
      "an unknown feature",
      { ...fusions[0], weights: [{ feature: "length", weight: 1 }] },
      "`weights[0].feature` in a saved fusion to be one of",
    ],
    [
      "a feature twice",
      { ...fusions[0], weights: [fusions[0]?.weights[0], fusions[0]?.weights[0]] },
      "to have features, each once",
    ],
  ])("is refused with %s", (_what, source, message) => {
    expect(() => readFusion(source)).toThrow(message);
  });
});
