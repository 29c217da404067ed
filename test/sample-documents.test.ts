import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadFolder } from "../src/documents/load-folder.ts";
import { markdownSections } from "../src/documents/markdown-sections.ts";

const folder = join(import.meta.dirname, "../sample_documents");
const { documents } = await loadFolder(folder);

interface Question {
  readonly _id: string;
  readonly text: string;
  readonly metadata: { readonly kind: string };
}

const questions: readonly Question[] = readFileSync(join(folder, "queries.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line): Question => JSON.parse(line));
const [header, ...judgements] = readFileSync(join(folder, "qrels.tsv"), "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split("\t"));

describe("the guides", () => {
  test.each(documents.map(({ metadata, pageContent }) => [metadata["source"], pageContent]))(
    "%s has 1,500 to 3,000 words, and every heading once",
    (_source, text) => {
      const words = text.split(/\s+/).filter(Boolean).length;
      expect(words).toBeGreaterThanOrEqual(1500);
      expect(words).toBeLessThanOrEqual(3000);
      const titles = markdownSections(text).map(({ headingPath }) =>
        headingPath.split(" > ").at(-1),
      );
      expect(new Set(titles).size).toBe(titles.length);
    },
  );

  test("are the six of the reference lab and two more", () => {
    expect(documents.map(({ metadata }) => metadata["source"])).toEqual([
      "audio_quantization_and_coding.md",
      "dgx_spark_technical_guide.md",
      "llm_inference_serving.md",
      "lora_finetuning_guide.md",
      "quantization_methods.md",
      "rag_architecture_patterns.md",
      "transformer_architecture_explained.md",
      "vector_database_comparison.md",
    ]);
  });
});

const countOf = (kind: string): number =>
  questions.filter(({ metadata }) => metadata.kind === kind).length;

describe("the judged questions", () => {
  test("judge sections that exist, by questions that exist, as 1 or 2, each pair once", () => {
    const sections = new Set(
      documents.flatMap(({ pageContent, metadata }) =>
        markdownSections(pageContent).map(({ slug }) => `${metadata["source"]}#${slug}`),
      ),
    );
    const ids = new Set(questions.map(({ _id }) => _id));
    expect(header).toEqual(["query-id", "corpus-id", "score"]);
    expect(ids.size).toBe(questions.length);
    for (const [query = "", section = "", grade = ""] of judgements) {
      expect(ids, query).toContain(query);
      expect(sections, section).toContain(section);
      expect(["1", "2"], `${query} ${section}`).toContain(grade);
    }
    expect(new Set(judgements.map((row) => row.slice(0, 2).join())).size).toBe(judgements.length);
  });

  test("each have an answer: a section of grade 2", () => {
    const answered = new Set(
      judgements.filter(([, , grade]) => grade === "2").map(([query]) => query),
    );
    expect(questions.filter(({ _id }) => !answered.has(_id))).toEqual([]);
  });

  test("are the ten of the lab and at least twenty of each of five kinds", () => {
    expect(countOf("lab")).toBe(10);
    for (const kind of ["exact", "paraphrase", "number", "contrast", "several"]) {
      expect(countOf(kind), kind).toBeGreaterThanOrEqual(20);
    }
  });
});
