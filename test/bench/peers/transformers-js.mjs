/** transformers.js as its model cards show it, all pairs in one batch: `FOLDER`. */
import { basename, dirname } from "node:path";
import { peerVersions, requirePeer, serve } from "./protocol.mjs";

const { AutoModelForSequenceClassification, AutoTokenizer, env } = requirePeer(
  "@huggingface/transformers",
);
const [folder] = process.argv.slice(2);
env.localModelPath = dirname(folder);
env.allowRemoteModels = false;
const name = basename(folder);
const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype: "q8" });

await serve(
  peerVersions("@huggingface/transformers", "onnxruntime-node"),
  async ({ query, texts }) => {
    const queries = texts.map(() => query);
    const inputs = tokenizer(queries, { text_pair: texts, padding: true, truncation: true });
    const { logits } = await model(inputs);
    return logits.data;
  },
);
