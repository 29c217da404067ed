import { describe, expect, test } from "vitest";
import { splitPassages } from "../../src/documents/split-passages.ts";
import { SentenceCompressor } from "../../src/cross-encoder/sentence-compressor.ts";
import { Bm25Index } from "../../src/lexical/bm25-index.ts";
import { hostileKinds, hostileText } from "./repetitions.ts";
import { equalScorer, textReaders, type TextReader } from "./text-readers.ts";

/**
 * With `LINEARITY=whole` texts are of 64 K and 1 M characters and analyzed in every language, which takes
 * minutes; else of 2 K and 32 K, in two languages.
 */
const largeLength = process.env["LINEARITY"] === "whole" ? 2 ** 20 : 2 ** 15;
const smallLength = largeLength / 16;

/** How much longer sixteen times the text may take: linear time is 16, quadratic time 256, and other work disturbs both. */
const mostGrowth = 64;
/** Below this a time says nothing: a collection of garbage or a compilation takes as long. */
const floorMs = 100;
/** The fastest of a few runs counts. */
const runs = 5;

/** Milliseconds of the processor: a machine that is busy with other things does not add to them. */
async function timeOf({ read }: TextReader, text: string): Promise<number> {
  const before = process.cpuUsage();
  try {
    await read(text);
  } catch {
    // Refusing a text is as good as reading it.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function growsTooFast(reader: TextReader, small: string, large: string): Promise<boolean> {
  const least = { small: Infinity, large: Infinity };
  for (let run = 0; run < runs; run += 1) {
    least.large = Math.min(least.large, await timeOf(reader, large));
    if (least.large <= floorMs) return false;
    least.small = Math.min(least.small, await timeOf(reader, small));
    if (run > 0 && least.large <= mostGrowth * least.small) return false;
  }
  return true;
}

describe("time grows with the text, whatever it is made of", () => {
  test.each(textReaders)(
    "$name",
    async (reader) => {
      const slow: string[] = [];
      for (const kind of hostileKinds) {
        const [small, large] = [hostileText(kind, smallLength), hostileText(kind, largeLength)];
        if (await growsTooFast(reader, small, large)) slow.push(kind.name);
      }
      expect(slow).toEqual([]);
    },
    600_000,
  );
});

describe("other work gets its turn while a long text is read", () => {
  const text = "One more sentence of a long text. ".repeat(30_000);
  const documents = [{ pageContent: text, metadata: { source: "a.md" } }];

  test.each([
    ["splitPassages", () => splitPassages(documents)],
    [
      "SentenceCompressor",
      () => new SentenceCompressor({ scorer: equalScorer }).compress("q", documents),
    ],
    ["Bm25Index.add", () => new Bm25Index().add([{ id: "a", text }])],
  ])("by %s", async (_name, read) => {
    let [turns, isOver] = [0, false];
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await read();
    isOver = true;
    // None where all is read in one go; how many more depends on the processor.
    expect(turns).toBeGreaterThan(1);
  });

  test("and splitPassages ends with the reason of an abort that comes meanwhile", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(new Error("enough")));
    await expect(splitPassages(documents, { signal: controller.signal })).rejects.toThrow("enough");
  });
});
