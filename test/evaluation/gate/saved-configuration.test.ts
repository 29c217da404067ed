import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chooseConfiguration } from "../../../src/evaluation/gate/choose-configuration.ts";
import {
  configurationToJson,
  readConfiguration,
  writeConfiguration,
} from "../../../src/evaluation/gate/saved-configuration.ts";
import { nDCG } from "../../../src/evaluation/measures/ndcg.ts";
import { hint, plantEvidence } from "../fitting/judged-pools.ts";
import { atRandom, good, plant } from "./planted-pools.ts";

const settings = { measures: [nDCG(10)], resamples: 100 };
const evidence = plantEvidence({ dense: hint, lexical: hint, rerank: hint });
const configurations = [
  chooseConfiguration({ ...plant(good, { seed: 1 }), ...settings, thresholds: [0.5] }),
  chooseConfiguration({ ...evidence, ...settings, fitted: true }),
  chooseConfiguration({ ...plant(atRandom, { seed: 1 }), ...settings }),
  chooseConfiguration({ ...plant(good, { seed: 1, queries: 6 }), ...settings }),
];

describe("a saved configuration", () => {
  test.each(configurations)("of the decision $decision reads back as it was", (configuration) => {
    const json = configurationToJson(configuration);
    expect(readConfiguration(json)).toEqual(configuration);
    expect(readConfiguration(JSON.parse(json))).toEqual(configuration);
  });

  test("is written whole, and nothing beside it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "configuration-"));
    try {
      const path = join(folder, "rerank.json");
      for (const configuration of configurations) await writeConfiguration(path, configuration);
      expect(readConfiguration(await readFile(path, "utf8")).decision).toBe("undecided");
      expect(await readdir(folder)).toEqual(["rerank.json"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each([
    ["rubbish", "Expected JSON in a saved configuration"],
    [
      [],
      "Expected `version` in a saved configuration to be one of 1, got nothing: run chooseConfiguration again.",
    ],
    [undefined, "Expected the JSON value in a saved configuration to be an object, got nothing"],
    [{ ...configurations[0], version: 2 }, "Expected `version`"],
    [{ ...configurations[0], decision: "maybe" }, "Expected `decision`"],
    [{ ...configurations[0], rerank: undefined }, "Expected `rerank`"],
    [{ ...configurations[0], rerank: { candidateCount: 0 } }, "Expected `rerank.candidateCount`"],
    [
      { ...configurations[0], rerank: { candidateCount: 5, blend: 2 } },
      "Expected `rerank.blend` in a saved configuration to be a number from 0 to 1, got 2",
    ],
    [{ ...configurations[0], model: { name: 5 } }, "Expected `model.name`"],
  ])("an invalid one is refused: %o", (wrong, message) => {
    expect(() => readConfiguration(wrong)).toThrow(message);
  });
});
