import {
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
  closeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectGraph } from "../../../src/model/files/onnx-graph.ts";
import { tinyModel } from "../../fixtures/golden.ts";

const graphs = join(import.meta.dirname, "../../fixtures/graphs");
const external = join(graphs, "external-data/model.onnx");
let folder: string;
let place: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "onnx-graph-"));
  place = join(folder, "model.onnx");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function inspectBytes(bytes: Uint8Array): ReturnType<typeof inspectGraph> {
  writeFileSync(place, bytes);
  return inspectGraph(place);
}

describe("inspectGraph", () => {
  test.each([
    ["tiny-bert-reranker", ["input_ids", "attention_mask", "token_type_ids"]],
    ["tiny-xlm-roberta-reranker", ["input_ids", "attention_mask"]],
  ])("names the inputs and outputs of %s in the graph's order", async (model, inputs) => {
    const facts = await inspectGraph(join(tinyModel(model), "onnx/model.onnx"));
    expect(facts).toEqual({
      inputs,
      outputs: ["logits"],
      externalData: [],
      externalBytes: new Map(),
      isDynamicallyQuantized: false,
      int8Products: "none",
    });
  });

  test("recognises a graph that is quantised while it runs", async () => {
    const int8 = join(tinyModel("tiny-bert-reranker"), "onnx/model_int8.onnx");
    const facts = await inspectGraph(int8);
    expect(facts).toMatchObject({ isDynamicallyQuantized: true, int8Products: "widenable" });
  });

  test("names the files that hold weights, and how long they are at least", async () => {
    expect(await inspectGraph(external)).toMatchObject({
      externalData: ["model.onnx_data"],
      externalBytes: new Map([["model.onnx_data", 4]]),
    });
    const tensors = [
      { location: "a.bin", offset: "4096", length: "100" },
      { location: "a.bin", offset: "0", length: "4096" },
      { location: "parts/b.bin" },
    ];
    const facts = await inspectBytes(modelOf(tensors.map(tensorWith)));
    expect(facts.externalBytes).toEqual(
      new Map([
        ["a.bin", 4196],
        ["parts/b.bin", 0],
      ]),
    );
  });

  test.each(["../evil.bin", "a/../../evil.bin", "/etc/evil.bin", "..", "C:\\evil.bin", ""])(
    "refuses weights at %j, which is not in the graph's folder",
    async (location) => {
      await expect(inspectBytes(modelOf([tensorWith({ location })]))).rejects.toMatchObject({
        code: "model-damaged",
        message: expect.stringContaining(`its weights are outside its folder: ${location}`),
      });
    },
  );

  test("steps over weights of gigabytes", async () => {
    const gigabytes = 3 * 2 ** 30;
    const opening = openingOf(9, gigabytes);
    const node = field(1, field(4, "Relu"));
    const tensor = openingOf(5, opening.length + gigabytes);
    const before = Buffer.concat([
      openingOf(7, node.length + tensor.length + opening.length + gigabytes),
      node,
      tensor,
      opening,
    ]);
    // What was never written takes no room on the disk.
    const file = openSync(place, "w");
    writeSync(file, before, 0, before.length, 0);
    writeSync(file, operatorSet, 0, operatorSet.length, before.length + gigabytes);
    closeSync(file);
    expect((await inspectGraph(place)).inputs).toEqual([]);
  });
});

describe("a file that was cut off", () => {
  test.each(["three-labels.onnx", "unknown-input.onnx", "external-data/model.onnx"])(
    "is refused wherever it was cut: %s",
    async (name) => {
      const bytes = readFileSync(join(graphs, name));
      for (let length = 0; length < bytes.length; length++) {
        await expect(inspectBytes(bytes.subarray(0, length)), `${length}`).rejects.toMatchObject({
          code: "model-damaged",
        });
      }
      expect((await inspectBytes(bytes)).inputs).toContain("input_ids");
    },
  );

  test.each(["model.onnx", "model_int8.onnx"])("is refused: %s", async (name) => {
    const bytes = readFileSync(join(tinyModel("tiny-bert-reranker"), "onnx", name));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        await expect(inspectBytes(bytes.subarray(0, length))).rejects.toMatchObject({
          code: "model-damaged",
          message: expect.stringMatching(
            /^Expected a whole ONNX graph in .*model\.onnx, but .*: delete the file and fetch it again\.$/,
          ),
        });
      }),
    );
  });

  test("is reported with the number of missing bytes, and the position of the damage", async () => {
    const bytes = readFileSync(external);
    await expect(inspectBytes(bytes.subarray(0, 300))).rejects.toThrow(
      "but at least 89 bytes are missing",
    );
    const page = Buffer.from("<!doctype html><title>Sign in</title>");
    await expect(inspectBytes(page)).rejects.toThrow("but its structure is invalid at byte 0");
    await expect(inspectBytes(Buffer.alloc(0))).rejects.toThrow("but it contains no graph");
    await expect(inspectBytes(modelOf([]).subarray(0, -operatorSet.length))).rejects.toThrow(
      "but it is truncated",
    );
  });
});

test("any bytes that are not a graph are refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isGraph) => {
      const content = isGraph ? field(7, bytes) : bytes;
      await expect(inspectBytes(content)).rejects.toMatchObject({ code: "model-damaged" });
    }),
  );
});

/** A field of a protobuf message that holds bytes, by its number in `onnx.proto`. */
function field(number: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([openingOf(number, bytes.length), bytes]);
}

function openingOf(number: number, length: number): Buffer {
  const bytes = [number * 8 + 2];
  let rest = length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

const operatorSet = field(8, Buffer.from([16, 18]));

/** A graph of one Relu with the given initializers. */
function modelOf(initializers: readonly Buffer[]): Buffer {
  const graph = Buffer.concat([field(1, field(4, "Relu")), ...initializers]);
  return Buffer.concat([field(7, graph), operatorSet]);
}

/** An initializer whose values lie in another file. */
function tensorWith(entries: Readonly<Record<string, string>>): Buffer {
  const places = Object.entries(entries).map(([key, value]) =>
    field(13, Buffer.concat([field(1, key), field(2, value)])),
  );
  return field(5, Buffer.concat(places));
}
