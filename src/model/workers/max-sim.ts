import { InferenceSession, Tensor } from "onnxruntime-node";
import { throughExitGate } from "./exit-gate.ts";
import { sessionOptions } from "./session.ts";
import type { Comparison } from "./worker-messages.ts";

/**
 * Late interaction: for each vector of the query the largest dot product with a vector of the passage, summed over
 * the query.
 *
 * @see Khattab and Zaharia, ColBERT (SIGIR 2020), https://doi.org/10.1145/3397271.3401075
 */
export class MaxSim {
  #session: Promise<InferenceSession> | undefined;

  /** Returns one score for each passage; 0 for one without vectors. */
  async score({ query, width, passages, ends }: Comparison): Promise<Float32Array<ArrayBuffer>> {
    const { buffer, scales } = passages;
    const vectors = new Float32Array(scales ? new Int8Array(buffer) : buffer);
    const count = vectors.length / width;
    const scores = new Float32Array(ends.length);
    if (count === 0 || query.length === 0) return scores;
    const feeds = {
      q: new Tensor("float32", query, [query.length / width, width]),
      v: new Tensor("float32", vectors, [count, width]),
    };
    const products = await throughExitGate(async () => {
      this.#session ??= InferenceSession.create(product, sessionOptions({ provider: "cpu" }));
      return (await (await this.#session).run(feeds))["y"]?.data;
    });
    if (!(products instanceof Float32Array)) throw new TypeError("Expected products of floats.");
    for (let row = 0; row < products.length; row += count) {
      let vector = 0;
      for (let passage = 0; passage < ends.length; passage++) {
        const end = ends[passage] ?? 0;
        if (vector === end) continue;
        let most = -Infinity;
        for (; vector < end; vector++) {
          most = Math.max(most, (products[row + vector] ?? 0) * (scales?.[vector] ?? 1));
        }
        scores[passage] = (scores[passage] ?? 0) + most;
      }
    }
    return scores;
  }
}

/** An ONNX graph with one Gemm: `q` [a, d] times `v` [b, d] transposed. */
const product = Buffer.from(
  "CAg6aAoeCgFxCgF2EgF5IgRHZW1tKg0KBnRyYW5zQhgBoAECEgFnWhUKAXESEAoOCAESCgoDEgFhCgMSAWRaFQoBdhIQCg4IARIKCgMSAWIK" +
    "AxIBZGIVCgF5EhAKDggBEgoKAxIBYQoDEgFiQgQKABAN",
  "base64",
);
