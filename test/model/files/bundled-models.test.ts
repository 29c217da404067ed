import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledModels, knownPairs } from "../../../src/model/files/bundled-models.ts";

const root = join(import.meta.dirname, "../../..");

interface RecordedPair {
  readonly query: string;
  readonly text: string;
  readonly logits: Readonly<Record<string, number>>;
}

test("the logits of the known pairs are those of the golden file", () => {
  const golden: { pairs: RecordedPair[] } = JSON.parse(
    readFileSync(join(root, "test/fixtures/golden/bundled-models.json"), "utf8"),
  );
  const recordedOf = (name: string): (number | undefined)[] =>
    knownPairs.map(
      ({ query, text }) =>
        golden.pairs.find((pair) => pair.query === query && pair.text === text)?.logits[name],
    );
  const crossEncoders = bundledModels.filter(({ logits }) => logits !== undefined);
  expect(crossEncoders).toHaveLength(2);
  for (const { name, logits } of crossEncoders) expect(logits, name).toEqual(recordedOf(name));
});

test("the hash of every bundled graph is the one in the folder's README", () => {
  const readme = readFileSync(join(root, "models/README.md"), "utf8");
  for (const { name, sha256 } of bundledModels) {
    const row = readme.split("\n").find((line) => line.startsWith(`| \`${name}\``));
    expect(row, name).toContain(sha256["onnx/model_int8.onnx"]);
  }
});
