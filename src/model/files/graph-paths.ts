import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import type { Int8Kernels } from "./int8-products.ts";

/** Precision of the weights: floating-point numbers, bytes, or 4 bits (with fp16 for the rest: `q4f16`). */
export type Dtype = "fp32" | "fp16" | "int8" | "uint8" | "q4" | "q4f16";

export const dtypes: readonly Dtype[] = ["fp32", "fp16", "int8", "uint8", "q4", "q4f16"];

/** What a graph holds: a whole model, or the encoder of a model that also has a decoder. */
export type GraphPart = "model" | "encoder_model";

/** The dtypes that have a graph in the folder; `int8` stands for `uint8`, too. */
export function dtypesIn(folder: string): Dtype[] {
  return (["int8", "fp16", "fp32", "q4", "q4f16"] as const).filter((dtype) =>
    (["model", "encoder_model"] as const)
      .flatMap((part) => graphPaths(dtype, "exact", part))
      .some((path) => existsSync(join(folder, path))),
  );
}

/** Where the graph of a dtype may be, the best one for this processor first. */
export function graphPaths(
  dtype: Dtype,
  kernels: Int8Kernels,
  part: GraphPart = "model",
): string[] {
  const processor = process.arch === "arm64" ? "arm64" : kernels;
  const names: Readonly<Record<Dtype, readonly string[]>> = {
    fp32: ["model"],
    fp16: ["model_fp16"],
    int8: int8Names[processor],
    uint8: ["model_uint8", "model_quint8_avx2"],
    q4: ["model_q4"],
    q4f16: ["model_q4f16"],
  };
  return names[dtype].flatMap((name) => {
    const file = `${name.replace("model", part)}.onnx`;
    return [`onnx/${file}`, file];
  });
}

/**
 * Where the decoder of the encoder at this path may be, with the same suffix. A merged graph, which also takes a cache,
 * comes second: its products are in a branch, where some cannot be widened. Empty if the path is not an encoder's.
 *
 * @see Optimum's `main_export` and transformers.js, which name the files
 */
export function decoderPaths(encoder: string): string[] {
  const [, folder, suffix] = /^(.*\/)?encoder_model([^/]*)$/.exec(encoder) ?? [];
  if (suffix === undefined) return [];
  return ["decoder_model", "decoder_model_merged"].map((name) => `${folder ?? ""}${name}${suffix}`);
}

/**
 * The dtype of a graph of any name, by the suffixes of transformers.js and sentence-transformers: optimised
 * graphs such as `model_O3` have fp32 weights, and `model_O4` has fp16.
 */
export function dtypeOfFile(path: string): Dtype {
  const name = posix.basename(path);
  const suffixes = [
    ["q4f16", /q4f16/],
    ["q4", /q4|bnb4|int4/],
    ["uint8", /quint8|uint8/],
    ["int8", /int8|quantized/],
    ["fp16", /fp16|_O4\b/],
  ] as const;
  return suffixes.find(([, pattern]) => pattern.test(name))?.[0] ?? "fp32";
}

/**
 * The file names of int8 exports by sentence-transformers and transformers.js: first those for this processor,
 * then those for no specific one, last those for others, which also run. Unsigned weights (`uint8`) come first
 * if signed ones would saturate.
 */
const int8Names = {
  arm64: [
    "model_qint8_arm64",
    "model_int8",
    "model_quantized",
    "model_uint8",
    "model_quint8_avx2",
    "model_qint8_avx512",
    "model_qint8_avx512_vnni",
  ],
  exact: [
    "model_qint8_avx512_vnni",
    "model_int8",
    "model_quantized",
    "model_uint8",
    "model_qint8_avx512",
    "model_quint8_avx2",
    "model_qint8_arm64",
  ],
  "exact-if-widened": [
    "model_quint8_avx2",
    "model_int8",
    "model_quantized",
    "model_uint8",
    "model_qint8_avx512",
    "model_qint8_avx512_vnni",
    "model_qint8_arm64",
  ],
  saturating: [
    "model_quint8_avx2",
    "model_uint8",
    "model_int8",
    "model_quantized",
    "model_qint8_avx512",
    "model_qint8_avx512_vnni",
    "model_qint8_arm64",
  ],
} as const satisfies Record<Int8Kernels | "arm64", readonly string[]>;

/** The path in a repository, with `/` on every system, of a file that a graph refers to. */
export function pathBeside(graph: string, name: string): string {
  return posix.join(posix.dirname(graph), name);
}
