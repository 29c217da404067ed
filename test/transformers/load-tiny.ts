import { join } from "node:path";
import {
  AutoModel,
  AutoModelForSequenceClassification,
  AutoTokenizer,
  env,
  type PreTrainedModel,
  type PreTrainedTokenizer,
} from "@huggingface/transformers";

env.allowRemoteModels = false;
env.localModelPath = join(import.meta.dirname, "../fixtures/models/");

const loaders = { "cross-encoder": AutoModelForSequenceClassification, "bi-encoder": AutoModel };

/** A tiny model, as transformers.js loads it in a program. */
export async function loadTiny(
  name: string,
  kind: keyof typeof loaders = "cross-encoder",
): Promise<[PreTrainedTokenizer, PreTrainedModel]> {
  return Promise.all([
    AutoTokenizer.from_pretrained(name),
    loaders[kind].from_pretrained(name, { dtype: "fp32" }),
  ]);
}
