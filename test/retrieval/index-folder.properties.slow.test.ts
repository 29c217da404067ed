import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Document } from "@langchain/core/documents";
import * as fc from "fast-check";
import iconv from "iconv-lite";
import { expect, test } from "vitest";
import { splitPassages } from "../../src/documents/split-passages.ts";
import { Bm25Retriever } from "../../src/lexical/bm25-retriever.ts";
import { indexFolder } from "../../src/retrieval/index-folder.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

const names = ["a.md", "b.txt", "below/a.md", "below/c.markdown", "d.mdx"];
const anyName = fc.constantFrom(...names);
const encodings = ["utf8", "utf8 with BOM", "utf16le with BOM", "windows-1252"] as const;
const anyEncoding = fc.constantFrom(...encodings);
// Few words, so that sections, paragraphs and whole files are often the same as others, or as they were before.
const anyLine = fc.constantFrom(
  "# River",
  "## Délta",
  "River\n===",
  "The river is deep.",
  "Über the délta.",
  "---\ntitle: Délta\n---",
  "```\ncode\n```",
  "- an item",
  "",
);
const anyText = fc.array(anyLine, { maxLength: 12 }).map((lines) => lines.join("\n\n"));

type Change =
  | { readonly kind: "write"; readonly name: string; readonly text: string }
  | { readonly kind: "empty" | "delete" | "re-encode"; readonly name: string }
  | { readonly kind: "rename"; readonly name: string; readonly to: string };

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write"), name: anyName, text: anyText }) },
  fc.record({ kind: fc.constantFrom("empty", "delete", "re-encode"), name: anyName }),
  fc.record({ kind: fc.constant("rename"), name: anyName, to: anyName }),
);
const anyRound = fc.record({
  changes: fc.array(anyChange, { maxLength: 5 }),
  encoding: anyEncoding,
  /** After how many embedded batches the run is stopped, if it comes that far; the next one runs to its end. */
  stopAfter: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
});

/** A folder of files, and what they say. */
class Folder {
  readonly texts = new Map<string, string>();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async change(change: Change, encoding: (typeof encodings)[number]): Promise<void> {
    const { name } = change;
    const text = this.texts.get(name);
    if (change.kind === "write") return this.#write(name, change.text, encoding);
    if (text === undefined) return;
    if (change.kind === "empty") return this.#write(name, "", encoding);
    if (change.kind === "re-encode") return this.#write(name, text, encoding);
    this.texts.delete(name);
    if (change.kind !== "rename") return rm(join(this.#path, name));
    this.texts.set(change.to, text);
    await this.#makeRoom(change.to);
    await rename(join(this.#path, name), join(this.#path, change.to));
  }

  /** What an index of the folder has to hold. */
  async passages(): Promise<Document[]> {
    const said = [...this.texts].filter(([, text]) => text.trim() !== "");
    const documents = said.map(
      ([source, pageContent]) => new Document({ pageContent, metadata: { source } }),
    );
    return splitPassages(documents);
  }

  async #write(name: string, text: string, encoding: string): Promise<void> {
    this.texts.set(name, text);
    await this.#makeRoom(name);
    const [charset = "", mark] = encoding.split(" with ");
    const bytes = iconv.encode(text, charset, { addBOM: mark !== undefined });
    await writeFile(join(this.#path, name), bytes);
  }

  async #makeRoom(name: string): Promise<void> {
    await mkdir(dirname(join(this.#path, name)), { recursive: true });
  }
}

const byId = (documents: readonly Document[]) =>
  new Map(documents.map(({ id, pageContent, metadata }) => [id, { pageContent, metadata }]));

test("whatever happens to a folder, and wherever a run is stopped, the next run has the store hold what it says", async () => {
  const server = await temporaryFolder();
  let run = 0;
  let batches = 0;
  let stop: (() => void) | undefined;
  const embeddings = new HashEmbeddings({
    beforeBatch: () => {
      batches -= 1;
      if (batches < 0) stop?.();
    },
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyRound, { minLength: 1, maxLength: 8 }), async (rounds) => {
      run += 1;
      const path = await temporaryFolder();
      const folder = new Folder(path);
      await folder.change({ kind: "write", name: "stays.md", text: "It stays." }, "utf8");
      await using store = await openChroma(embeddings, {
        collectionName: `run-${run}`,
        path: server,
      });
      const lexical = new Bm25Retriever();
      for (const { changes, encoding, stopAfter } of rounds) {
        for (const change of changes) await folder.change(change, encoding);
        const settings = { store, lexical, prune: true, encoding: "windows-1252" };
        if (stopAfter !== undefined) {
          const stopping = new AbortController();
          batches = stopAfter;
          stop = () => stopping.abort();
          // It may come to its end before.
          await indexFolder(path, { ...settings, signal: stopping.signal }).catch(() => undefined);
          stop = undefined;
        }
        const report = await indexFolder(path, settings);
        const passages = await folder.passages();
        expect(report).toMatchObject({ passages: passages.length, staying: [] });
        const ids = [...(await store.storedPassages()).keys()];
        expect(byId(await store.storedDocuments(ids))).toEqual(byId(passages));
        const { index } = lexical;
        expect(new Map([...index.ids()].map((id) => [id, index.get(id)?.metadata]))).toEqual(
          new Map(passages.map(({ id, metadata }) => [id, metadata])),
        );
      }
    }),
    { numRuns: 20, endOnFailure: true },
  );
}, 300_000);
