/** LangChain's embeddings over transformers.js, defaults with the int8 graph: `FOLDER`. */
import { basename, dirname } from "node:path";
import { peerVersions, requirePeer, serve } from "./protocol.mjs";

const { HuggingFaceTransformersEmbeddings } = requirePeer(
  "@langchain/community/embeddings/huggingface_transformers",
);
const [folder] = process.argv.slice(2);
const embeddings = new HuggingFaceTransformersEmbeddings({
  model: basename(folder),
  pretrainedOptions: { dtype: "q8", cache_dir: dirname(folder), local_files_only: true },
});
await embeddings.embedQuery("load the model");
await serve(
  peerVersions(
    "@langchain/community",
    "@langchain/core",
    "@huggingface/transformers",
    "onnxruntime-node",
  ),
  ({ texts }) => embeddings.embedDocuments(texts),
);
