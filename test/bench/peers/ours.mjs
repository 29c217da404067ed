/** This package: `KIND MODEL DTYPE`. No text is repeated, so the cache of scores is off. */
import { join } from "node:path";
import { OnnxCrossEncoder, OnnxEmbeddings } from "../../../dist/index.js";
import { serve, versionsBelow } from "./protocol.mjs";

const [kind, model, dtype] = process.argv.slice(2);
const options = { model, dtype, device: "cpu" };
const isScorer = kind === "cross-encoder";
const encoder = isScorer
  ? new OnnxCrossEncoder({ ...options, cache: false })
  : new OnnxEmbeddings(options);
await encoder.info();
const root = join(import.meta.dirname, "../../..");
const versions = versionsBelow(root, ["onnxruntime-node", "@huggingface/tokenizers"]);
await serve(versions, async ({ query, texts }) =>
  isScorer ? (await encoder.score(query, texts)).scores : encoder.embedDocuments(texts),
);
await encoder.dispose();
