import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { RetrievalError } from "../../errors.ts";
import { encodeAsReference, type Encode } from "./encode.ts";

/**
 * Loads `tokenizer.json` with Hugging Face's tokenizer. Ignores the truncation and padding settings in the
 * file: packing uses the model's real window.
 */
export async function loadTokenizer(path: string): Promise<Encode> {
  try {
    const definition: { normalizer?: unknown } = JSON.parse(await readFile(path, "utf8"));
    const config = await readFile(join(dirname(path), "tokenizer_config.json"), "utf8").then(
      (text): object => JSON.parse(text),
      () => ({}),
    );
    const tokenizer = new Tokenizer(definition, config);
    const isBert = JSON.stringify(definition.normalizer ?? null).includes('"BertNormalizer"');
    const encode: Encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    return encodeAsReference(encode, isBert);
  } catch (cause) {
    throw new RetrievalError(
      "model-damaged",
      `Could not read the tokenizer in ${path} (${String(cause)}): delete the file and fetch it again.`,
      { cause },
    );
  }
}
