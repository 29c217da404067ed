import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Draws passages out of the sample documents: sequences of their plain words, none twice. */
export class PassageSource {
  #words = plainWords();
  #random = xoroshiro128plus(1);
  #seen = new Set();
  #tokenizer;
  #tokensPerWord;

  constructor(modelFolder) {
    const read = (name) => JSON.parse(readFileSync(join(modelFolder, name), "utf8"));
    this.#tokenizer = new Tokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
    this.#tokensPerWord = this.countTokens(this.#words.join(" ")) / this.#words.length;
  }

  /** A passage of about so many tokens. */
  draw(tokens) {
    const length = Math.max(1, Math.round(tokens / this.#tokensPerWord));
    for (;;) {
      const start = this.between(0, this.#words.length - length);
      const passage = this.#words.slice(start, start + length).join(" ");
      if (this.#seen.has(passage)) continue;
      this.#seen.add(passage);
      return passage;
    }
  }

  between(least, most) {
    return uniformInt(this.#random, least, most);
  }

  /** Without special tokens. */
  countTokens(text) {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids.length;
  }
}

function plainWords() {
  const folder = join(import.meta.dirname, "../../../sample_documents");
  const names = readdirSync(folder).filter((name) => name.endsWith(".md"));
  return names
    .toSorted()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split(/\s+/))
    .filter((word) => /^[A-Za-z]+[.,;:?]?$/.test(word));
}
