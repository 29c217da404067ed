import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import type { Int8Kernels } from "./int8-products.ts";

/** Precision of the weights. */
export type Dtype = "fp32" | "fp16" | "int8";

/** The dtypes that have a graph in the folder. */
export function dtypesIn(folder: string): Dtype[] {
  return (["int8", "fp16", "fp32"] as const).filter((dtype) =>
    graphPaths(dtype, "exact").some((path) => existsSync(join(folder, path))),
  );
}

/** Where the graph of a dtype may be, the best one for this processor first. */
export function graphPaths(dtype: Dtype, kernels: Int8Kernels): string[] {
  const processor = process.arch === "arm64" ? "arm64" : kernels;
  const names = { fp32: ["model"], fp16: ["model_fp16"], int8: int8Names[processor] }[dtype];
  return names.flatMap((name) => [`onnx/${name}.onnx`, `${name}.onnx`]);
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
