// cross-encoder/onnx-cross-encoder.ts:59
import { OnnxCrossEncoder } from "langchain-rerank";

await using encoder = new OnnxCrossEncoder({ model: "rerank-minilm-l6" });
const { scores } = await encoder.score("How does LoRA reduce memory?", [
  "Paris is the capital of France.",
  "LoRA trains two small matrices.",
]);
console.log(scores); // One logit for each text, in the order of the texts.
