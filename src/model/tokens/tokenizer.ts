import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { RetrievalError } from "../../errors.ts";
import { encodeAsReference, type Encode } from "./encode.ts";

/**
 * Loads `tokenizer.json` with Hugging Face's tokenizer. Ignores the truncation and padding settings in the
 * file: packing uses the model's real window. Lower-cases texts where `sentence_bert_config.json` beside it
 * says so.
 */
export async function loadTokenizer(path: string): Promise<Encode> {
  try {
    const file: { normalizer?: unknown } = JSON.parse(await readFile(path, "utf8"));
    const definition = (await lowercases(dirname(path))) ? lowercasing(file) : file;
    const config = await readIfPresent(join(dirname(path), "tokenizer_config.json"));
    const tokenizer = new Tokenizer(definition, config);
    const normalizer = JSON.stringify(definition.normalizer ?? null);
    const isBert = normalizer.includes('"BertNormalizer"');
    const read = normalizer.includes('"Lowercase"') ? withOneSigma : (text: string) => text;
    const encode: Encode = (text) =>
      tokenizer.encode(read(text), { add_special_tokens: false }).ids;
    return encodeAsReference(encode, isBert);
  } catch (cause) {
    throw new RetrievalError(
      "model-damaged",
      `Could not read the tokenizer in ${path} (${String(cause)}): delete the file and fetch it again.`,
      { cause },
    );
  }
}

/**
 * Whether the model was trained on lower-case texts though its tokenizer keeps capitals.
 *
 * @see `do_lower_case` of sentence-transformers' `Transformer`, which reads the file only beside a `modules.json`
 */
async function lowercases(folder: string): Promise<boolean> {
  if (!existsSync(join(folder, "modules.json"))) return false;
  const settings = await readIfPresent(join(folder, "sentence_bert_config.json"));
  return Reflect.get(settings, "do_lower_case") === true;
}

/** Lower-cases before everything else; special tokens in a text keep their capitals. */
function lowercasing<Definition extends { normalizer?: unknown }>(file: Definition): Definition {
  const own = file.normalizer === undefined || file.normalizer === null ? [] : [file.normalizer];
  return {
    ...file,
    normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }, ...own] },
  };
}

async function readIfPresent(path: string): Promise<object> {
  if (!existsSync(path)) return {};
  const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
  return Object(parsed);
}

/** JavaScript gives a final capital sigma a form of its own; the reference in Rust does not. */
function withOneSigma(text: string): string {
  return text.replaceAll("Σ", "σ");
}
