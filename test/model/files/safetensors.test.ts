import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readSafetensors } from "../../../src/model/files/safetensors.ts";
import { float32, safetensors } from "../../fixtures/safetensors.ts";
import { moduleModel } from "../../fixtures/golden.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), "model.safetensors");
  writeFileSync(path, bytes);
  return path;
}

const two = { a: float32([2, 2], [1, 2, 3, 4]), b: float32([1], [0.5]) };

test("reads what sentence-transformers wrote", async () => {
  const path = join(moduleModel("modern-bert-reranker"), "4_Dense/model.safetensors");
  const tensors = await readSafetensors(path);
  expect([...tensors.keys()].toSorted()).toEqual(["linear.bias", "linear.weight"]);
  expect(tensors.get("linear.weight")?.shape).toEqual([1, 32]);
  const values = [...(tensors.get("linear.weight")?.values ?? [])];
  expect(values.every((value) => Math.abs(value) > 1e-6 && Math.abs(value) < 2)).toBe(true);
});

test("reads single precision, half precision and bfloat16 as the same numbers", async () => {
  const numbers = [1, -2.5, 0, 0.000_030_517_578_125];
  const f16 = Uint16Array.of(0x3c00, 0xc100, 0x0000, 0x0200);
  const bf16 = Uint16Array.from(Float32Array.from(numbers), (value) => {
    const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
    return bits >>> 16;
  });
  const tensors = await readSafetensors(
    await fileOf(
      safetensors({
        single: float32([4], numbers),
        half: { dtype: "F16", shape: [2, 2], bytes: new Uint8Array(f16.buffer) },
        brain: { dtype: "BF16", shape: [4], bytes: new Uint8Array(bf16.buffer) },
        none: float32([0], []),
      }),
    ),
  );
  for (const name of ["single", "half", "brain"]) {
    expect([...(tensors.get(name)?.values ?? [])]).toEqual(numbers);
  }
  expect(tensors.get("half")?.shape).toEqual([2, 2]);
  expect(tensors.get("none")?.values.length).toBe(0);
});

test("allows metadata and spaces after the header", async () => {
  const json = Buffer.from(`${JSON.stringify({ __metadata__: { format: "pt" } })}   `);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  expect(await readSafetensors(await fileOf(Buffer.concat([length, json])))).toEqual(new Map());
});

test.each([
  ["overlaps", [8, 12], "b overlaps the tensor before it"],
  ["leaves a gap", [20, 24], "there is a gap before b"],
  ["runs backwards", [20, 16], "the size of b does not match its shape"],
  ["has another size", [16, 24], "the size of b does not match its shape"],
  ["starts before the data", [-4, 0], "the offsets of b are invalid"],
  ["has a third offset", [16, 20, 24], "the offsets of b are invalid"],
])("a tensor that %s is damage", async (_what, offsets, reason) => {
  const path = await fileOf(
    safetensors(two, ({ a, b }) => ({ a, b: { ...b, data_offsets: offsets } })),
  );
  await expect(readSafetensors(path)).rejects.toMatchObject({
    code: "model-damaged",
    message: `Expected a whole safetensors file at ${path}, but ${reason}: delete the file and fetch it again.`,
  });
});

test.each([
  ["an array", [1], "its header is not a JSON object"],
  [
    "an entry without a type",
    { a: { shape: [1], data_offsets: [0, 20] } },
    "the type or shape of a",
  ],
  [
    "an unknown type",
    { a: { dtype: "F12", shape: [1], data_offsets: [0, 20] } },
    "the type or shape",
  ],
  [
    "a negative length",
    { a: { dtype: "F32", shape: [-5], data_offsets: [0, 20] } },
    "the type or sh",
  ],
])("a header with %s is damage", async (_what, header, reason) => {
  await expect(readSafetensors(await fileOf(safetensors(two, () => header)))).rejects.toMatchObject(
    {
      code: "model-damaged",
      message: expect.stringContaining(reason),
    },
  );
});

test("a file that is cut anywhere is damage, and so is one with bytes at its end", async () => {
  const whole = safetensors(two);
  const path = await fileOf(whole);
  const isDamaged = async (bytes: Uint8Array): Promise<void> => {
    writeFileSync(path, bytes);
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: "model-damaged",
      message: expect.stringContaining(path),
    });
  };
  await isDamaged(Buffer.concat([whole, Buffer.alloc(1)]));
  for (let length = 0; length < whole.length; length++) await isDamaged(whole.subarray(0, length));
});

test("no file makes it throw anything but an error of its own", async () => {
  const path = await fileOf(Buffer.alloc(0));
  const whole = safetensors(two);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [place, value] of changes) bytes[place] = value;
        writeFileSync(path, bytes);
        const outcome = await readSafetensors(path).catch((error: unknown) => error);
        if (outcome instanceof Map) return;
        expect(outcome).toMatchObject({ name: "RetrievalError" });
      },
    ),
    { numRuns: 200 },
  );
});

test("a header that claims to be huge is damage, and nothing is allocated for it", async () => {
  const bytes = Buffer.alloc(16, 0xff);
  await expect(readSafetensors(await fileOf(bytes))).rejects.toThrow("it ends in its header");
});

test("whole numbers and double precision are refused by name", async () => {
  const tensor = { dtype: "I64", shape: [1], bytes: new Uint8Array(8) };
  await expect(readSafetensors(await fileOf(safetensors({ tensor })))).rejects.toMatchObject({
    code: "model-mismatch",
    message: expect.stringMatching(
      /^Expected weights of type F32, F16, BF16 in .*, got I64 for tensor/,
    ),
  });
});

test("a pointer of Git LFS says how the file is fetched", async () => {
  const path = await fileOf(
    Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n"),
  );
  await expect(readSafetensors(path)).rejects.toMatchObject({
    code: "model-damaged",
    message: `Expected weights in ${path}, got a Git LFS pointer: run \`git lfs pull\` in the cloned repository.`,
  });
});
