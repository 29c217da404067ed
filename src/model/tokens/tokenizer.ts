import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { RetrievalError } from "../../errors.ts";
import { excerptOf } from "../../text/printable.ts";
import { encodeAsReference, type Encode, type WordTokenizer } from "./encode.ts";

/**
 * Loads `tokenizer.json` with Hugging Face's tokenizer. Ignores the truncation and padding settings in the
 * file: packing uses the model's real window. Lower-cases texts where `sentence_bert_config.json` beside it
 * says so.
 */
export async function loadTokenizer(path: string): Promise<Encode> {
  try {
    const file: Definition = JSON.parse(await readFile(path, "utf8"));
    const definition = (await lowercases(dirname(path))) ? lowercasing(file) : file;
    const config = await readIfPresent(join(dirname(path), "tokenizer_config.json"));
    const tokenizer = new Tokenizer(definition, config);
    const encode: Encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    return encodeAsReference(encode, wordTokenizerOf(definition));
  } catch (cause) {
    throw new RetrievalError(
      "model-damaged",
      `Could not read the tokenizer in ${path} (${excerptOf(String(cause), 500)}): delete the file and fetch it again.`,
      { cause },
    );
  }
}

/** What is read of `tokenizer.json`. */
interface Definition {
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly model?: { readonly type?: unknown };
  readonly added_tokens?: readonly { readonly content?: unknown; readonly rstrip?: unknown }[];
}

function wordTokenizerOf(definition: Definition): WordTokenizer | undefined {
  const { normalizer, pre_tokenizer: splitter, model, added_tokens: added = [] } = definition;
  if (JSON.stringify(normalizer ?? null).includes('"BertNormalizer"')) return "bert";
  const isByteLevel = JSON.stringify(splitter ?? null).includes('"ByteLevel"');
  // Such added tokens may take the space that begins the next word.
  const takesSpace = added.some(
    ({ content, rstrip }) => rstrip === true || /\S \S/.test(String(content)),
  );
  return model?.type === "BPE" && isByteLevel && !takesSpace ? "byte-level" : undefined;
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
function lowercasing(file: Definition): Definition {
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
