import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnalyzer } from "../../src/lexical/analyzer.ts";
import { Bm25Index, type Bm25IndexOptions } from "../../src/lexical/bm25-index.ts";
import { bm25Variants, type Bm25VariantName } from "../../src/lexical/bm25-variants.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { generateTexts, mulberry32 } from "./generated-texts.ts";
import { expectBest, NaiveBm25 } from "./naive-bm25.ts";
import { whitespace } from "./whitespace-analyzer.ts";

const variants: readonly string[] = Object.keys(bm25Variants);
const isVariant = (name: string): name is Bm25VariantName => Object.hasOwn(bm25Variants, name);

async function indexOf(
  texts: readonly string[] | Readonly<Record<string, string>>,
  options: Bm25IndexOptions = {},
): Promise<Bm25Index> {
  const index = new Bm25Index({ analyzer: whitespace, ...options });
  await index.add(deepFreeze(Object.entries(texts).map(([id, text]) => ({ id, text }))));
  return index;
}

const isOdd = (id: string): boolean => Number(id) % 2 === 1;

const idsOf = (hits: readonly { readonly id: string }[]): string[] => hits.map(({ id }) => id);

describe("search", () => {
  test("gives only documents that share a term, best first", async () => {
    const index = await indexOf({ a: "x y z z", b: "x x", c: "y", d: "q" });
    expect(idsOf(index.search("x q", 10))).toEqual(["d", "b", "a"]);
    expect(index.search("nothing like it", 10)).toEqual([]);
    expect(index.search("", 10)).toEqual([]);
    expect(new Bm25Index().search("x", 10)).toEqual([]);
  });

  test("keeps documents of equal score in the order of insertion", async () => {
    const index = await indexOf(Array.from({ length: 5000 }, () => "x y z z"));
    expect(idsOf(index.search("z x y", 7))).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    await index.update([{ id: "2", text: "x y z z" }]);
    await index.delete(["0"]);
    expect(idsOf(index.search("z x y", 4))).toEqual(["1", "3", "4", "5"]);
    expect(idsOf(index.search("z x y", 5000)).at(-1)).toBe("2");
  });

  test.each(["atire", "robertson"] as const)(
    "returns documents that share only a term of weight 0 in %s, last",
    async (variant) => {
      const index = await indexOf(["x", "x y", "x x"], { variant });
      const hits = index.search("y x", 10);
      expect(idsOf(hits)).toEqual(["1", "0", "2"]);
      expect(hits[2]?.score).toBe(0);
      expect(idsOf(index.search("x", 10, { filter: new Set(["1", "2"]) }))).toEqual(["1", "2"]);
      expect(idsOf(index.search("x", 2))).toEqual(["0", "1"]);
    },
  );

  test("counts a term as often as the query says it", async () => {
    const index = await indexOf({ a: "x", b: "y", c: "z" });
    const [once, twice] = [index.search("x", 1), index.search("x x", 1)];
    expect(twice[0]?.score).toBeCloseTo(2 * (once[0]?.score ?? 0), 12);
  });

  test("asks a predicate about id and metadata, and lets through nothing else", async () => {
    const index = new Bm25Index({ analyzer: whitespace });
    await index.add(
      deepFreeze([
        { id: "a", text: "x", metadata: { tenant: 1 } },
        { id: "b", text: "x x", metadata: { tenant: 2 } },
        { id: "c", text: "x" },
        { id: "d", text: "y" },
      ]),
    );
    const asked: unknown[] = [];
    const hits = index.search("x", 10, {
      filter: (id, metadata) => {
        asked.push([id, metadata]);
        return metadata["tenant"] === 1;
      },
    });
    expect(idsOf(hits)).toEqual(["a"]);
    expect(asked).toEqual([
      ["a", { tenant: 1 }],
      ["b", { tenant: 2 }],
      ["c", {}],
    ]);
  });

  test("refuses a filter that is neither a set nor a function, and a result that is not a boolean", async () => {
    const index = await indexOf(["x"]);
    const refusal = expect.objectContaining({ code: "invalid-input" });
    for (const filter of [null, 0, "", true, {}, { tenant: "a" }, [], Promise.resolve(new Set())]) {
      // @ts-expect-error -- what a caller in plain JavaScript can do
      expect(() => index.search("x", 1, { filter })).toThrow(refusal);
    }
    // @ts-expect-error -- what a caller in plain JavaScript can do
    expect(() => index.search("x", 1, { filter: async () => false })).toThrow("got a Promise");
  });

  test("refuses a k below 1", async () => {
    const index = await indexOf(["x"]);
    expect(() => index.search("x", 0)).toThrow("Expected `k`");
    expect(idsOf(index.search("x", Number.MAX_SAFE_INTEGER))).toEqual(["0"]);
  });

  test.each(variants)("finds what naive scoring finds, by %s", async (name) => {
    const variant = isVariant(name) ? name : "lucene";
    const text = fc
      .array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 8 })
      .map((terms) => terms.join(" "));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 30 }),
        text,
        fc.record({
          k1: fc.double({ min: 0.1, max: 3, noNaN: true }),
          b: fc.double({ min: 0, max: 1, noNaN: true }),
          delta: fc.double({ min: 0, max: 2, noNaN: true }),
        }),
        fc.integer({ min: 1, max: 40 }),
        async (texts, query, parameters, k) => {
          const index = await indexOf(texts, { ...parameters, variant });
          const twin = new NaiveBm25({ ...parameters, variant });
          for (const [place, found] of texts.entries()) twin.put({ id: `${place}`, text: found });
          const ranking = twin.search(query);
          expectBest(index.search(query, k), ranking, k);
          const odd = ranking.filter(({ id }) => isOdd(id));
          expectBest(index.search(query, k, { filter: isOdd }), odd, k);
        },
      ),
    );
  });

  test("finds a slightly better document far after the others", async () => {
    const texts = [`x${" p".repeat(20)}`, ...Array<string>(5000).fill("p"), `x${" p".repeat(19)}`];
    expect(idsOf((await indexOf(texts)).search("x", 1))).toEqual(["5001"]);
  });

  // Documents of one length come close to what their terms are worth at most: there pruning is at its limit.
  test.each([12, 3])(
    "finds the same without looking at every posting, %i words at most",
    async (most) => {
      const draw = mulberry32(7);
      const texts = generateTexts(9000, { draw, least: 3, most });
      const index = await indexOf(texts);
      for (const query of generateTexts(60, { draw, least: 2, most: 12 })) {
        const all = index.search(query, texts.length);
        for (const k of [1, 3, 10, 100]) expect(index.search(query, k)).toEqual(all.slice(0, k));
      }
    },
  );
});

describe("explain", () => {
  test.each(variants)(
    "gives each term a weight, and they add up to the score, by %s",
    async (name) => {
      const variant = isVariant(name) ? name : "lucene";
      const text = fc
        .array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 8 })
        .map((terms) => terms.join(" "));
      await fc.assert(
        fc.asyncProperty(fc.array(text, { maxLength: 20 }), text, async (texts, query) => {
          const index = await indexOf(texts, { variant });
          await index.delete(["0"]);
          for (const { id, score } of index.search(query, 30)) {
            const parts = index.explain(query, id);
            expect(parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(score, 9);
            for (const { term, frequency, documents } of parts) {
              const terms = texts[Number(id)]?.split(" ") ?? [];
              expect(frequency).toBe(terms.filter((each) => each === term).length);
              const holding = texts.slice(1).filter((each) => each.split(" ").includes(term));
              expect(documents).toBe(holding.length);
            }
          }
        }),
      );
    },
  );

  test("knows the stop words of a query of nothing else, and no unknown document", async () => {
    const index = await indexOf({ a: "the who", b: "who knows" }, { analyzer: createAnalyzer() });
    const [best] = index.search("The Who", 1);
    const parts = index.explain("The Who", "a");
    expect(parts.map(({ term }) => term).toSorted()).toEqual(["the", "who"]);
    expect(parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(best?.score ?? 0, 12);
    expect(index.explain("who", "none")).toEqual([]);
    expect(index.explain("absent", "a")).toEqual([]);
  });
});

describe("add, update and delete", () => {
  test("refuse an id that is there, or twice in the list, before anything is added", async () => {
    const index = await indexOf({ a: "x" });
    const [fresh, known] = [
      { id: "b", text: "x" },
      { id: "a", text: "y" },
    ];
    await expect(index.add([fresh, known])).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining('already holds a document with the id "a"'),
    });
    await expect(index.update([fresh, fresh])).rejects.toThrow('got "b" twice');
    expect([...index.ids()]).toEqual(["a"]);
  });

  test.each([
    ["an id that is not a string", { id: 1, text: "x" }],
    ["an empty id", { id: "", text: "x" }],
    ["a missing text", { id: "a", text: undefined }],
  ])("refuse %s", async (_name, document) => {
    const index = new Bm25Index();
    const add: (documents: readonly never[]) => Promise<void> = (documents) => index.add(documents);
    const added: unknown = Reflect.apply(add, undefined, [[document]]);
    await expect(added).rejects.toMatchObject({ code: "invalid-input" });
  });

  test("take effect in the order of the calls", async () => {
    const index = new Bm25Index({ analyzer: whitespace });
    const deleted = await Promise.all([
      index.add([{ id: "a", text: "x" }]),
      index.delete(["a", "b"]),
      index.add([{ id: "a", text: "y" }]),
      index.update([{ id: "a", text: "z" }]),
    ]);
    expect(deleted[1]).toBe(1);
    expect([idsOf(index.search("y", 9)), idsOf(index.search("z", 9))]).toEqual([[], ["a"]]);
  });

  test("go on after a call that failed", async () => {
    const index = await indexOf({ a: "x" });
    const failed = index.add([{ id: "a", text: "x" }]);
    const added = index.add([{ id: "b", text: "x" }]);
    await expect(failed).rejects.toThrow("already");
    await added;
    expect(index.size).toBe(2);
  });

  test("exclude deleted documents from scores", async () => {
    const texts = generateTexts(3000, { draw: mulberry32(9), least: 1, most: 30 });
    const index = await indexOf(texts);
    const gone = Array.from({ length: 2500 }, (_, place) => `${place}`);
    await index.delete(gone.slice(0, 1000));
    const partly = await indexOf(Object.fromEntries(Object.entries(texts).slice(1000)));
    expect(index.search("t1 t5 t90", 50)).toEqual(partly.search("t1 t5 t90", 50));
    await index.delete(gone);
    const rest = await indexOf(Object.fromEntries(Object.entries(texts).slice(2500)));
    expect(index.search("t1 t5 t90", 50)).toEqual(rest.search("t1 t5 t90", 50));
    expect([index.size, index.has("0"), index.has("2999")]).toEqual([500, false, true]);
  });

  test("keep more kinds of documents apart than 16 bits can number", async () => {
    const texts = Array.from({ length: 400 }, (_, place) =>
      Array.from({ length: 200 }, (_word, at) =>
        `w${at} `.repeat(1 + ((at * 7 + place) % 199)),
      ).join(""),
    );
    const index = new Bm25Index({ analyzer: whitespace });
    const documents = texts.map((text, place) => ({
      id: `${place}`,
      text: `${text}${"p ".repeat(place)}`,
    }));
    await index.add(documents);
    const twin = new NaiveBm25({ k1: 1.2, b: 0.75, delta: 0.5, variant: "lucene" });
    for (const document of documents.slice(-40)) twin.put(document);
    await index.delete(documents.slice(0, -40).map(({ id }) => id));
    expectBest(index.search("w1 w7 w100", 40), twin.search("w1 w7 w100"), 40);
  });
});

describe("a bulk add", () => {
  const many = deepFreeze(
    generateTexts(20_000, { draw: mulberry32(5), least: 150, most: 150 }).map((text, place) => ({
      id: `${place}`,
      text,
    })),
  );

  test("lets other work run in between, and reports progress", async () => {
    const index = new Bm25Index({ analyzer: whitespace });
    const progress: number[] = [];
    const turnsAt: number[] = [];
    let [turns, isOver] = [0, false];
    const takeTurn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(takeTurn);
    };
    setImmediate(takeTurn);
    await index.add(many, {
      onProgress: ({ done, total }) => {
        progress.push(done / total);
        turnsAt.push(turns);
      },
    });
    isOver = true;
    // Turns of the event loop, not milliseconds: other work on the machine stretches those.
    expect(turns).toBeGreaterThan(20);
    for (const [step, at] of turnsAt.entries()) expect(at).toBeGreaterThan(turnsAt[step - 1] ?? -1);
    expect(progress.length).toBeGreaterThan(5);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  test("ends with the signal's reason between two documents; an update may repeat it", async () => {
    const index = new Bm25Index({ analyzer: whitespace });
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = (): void => controller.abort(reason);
    const adding = index.add(many, { signal: controller.signal, onProgress });
    await expect(adding).rejects.toBe(reason);
    expect(index.size).toBeGreaterThan(0);
    expect(index.size).toBeLessThan(many.length);
    await index.update(many.slice(0, 3000));
    expect(index.size).toBeGreaterThanOrEqual(3000);
    await expect(index.add([], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("options", () => {
  test.each([
    ["a negative k1", { k1: -1 }],
    ["a b above 1", { b: 1.1 }],
    ["a negative delta", { delta: -1 }],
    ["bm25l without k1 and delta, which divides by 0", { variant: "bm25l", k1: 0, delta: 0 }],
    ["an unknown variant", { variant: "tf-idf" }],
    ["a name that every object has for a variant", { variant: "constructor" }],
    ["an unknown way with texts", { texts: true }],
  ])("refuse %s", (_name, options) => {
    expect(() => Reflect.construct(Bm25Index, [options])).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
  });

  test("keep texts only on request", async () => {
    const [kept, dropped] = [await indexOf(["x"], { texts: "keep" }), await indexOf(["x"])];
    expect(kept.get("0")).toEqual({ text: "x", metadata: {} });
    expect(dropped.get("0")).toEqual({ metadata: {} });
    expect(kept.get("1")).toBeUndefined();
  });
});

describe("a query of stop words only", () => {
  const texts = {
    band: "The Who are an English rock band, and the first to smash guitars.",
    title: "The Who",
    help: "IT helps you with laptops.",
    play: "To be, or not to be: Hamlet asks himself.",
    other: "Guitars of wood.",
  };

  test.each([
    ["The Who", "title"],
    ["IT", "help"],
    ["to be or not to be", "play"],
  ])("%s finds what holds them", async (query, best) => {
    const index = await indexOf(texts, { analyzer: createAnalyzer() });
    const found = idsOf(index.search(query, 5));
    expect(found[0]).toBe(best);
    expect(found).not.toContain("other");
  });

  test.each([
    ["english", "the who", "Who is the author?"],
    ["german", "das ist", "Das ist ein Haus."],
    ["french", "qui est", "Qui est le directeur ?"],
    ["russian", "кто это", "Кто это сделал?"],
  ] as const)("in %s: %s", async (language, query, text) => {
    const index = await indexOf({ a: text, b: "12" }, { analyzer: createAnalyzer({ language }) });
    expect(idsOf(index.search(query, 5))).toEqual(["a"]);
  });

  test("gives the scores of before to every other query", async () => {
    const { name, ...analyzer } = createAnalyzer();
    const analyze = (text: string) => analyzer.analyze(text);
    const plain = await indexOf(texts, { analyzer: { analyze, name } });
    const index = await indexOf(texts, { analyzer: createAnalyzer() });
    for (const query of ["guitars", "the English band", "who helps with laptops?"]) {
      expect(index.search(query, 5)).toEqual(plain.search(query, 5));
    }
    expect(plain.search("the who", 5)).toEqual([]);
  });

  test.each(variants.filter(isVariant))(
    "by %s has finite scores, also where nothing else was written",
    async (variant) => {
      for (const b of [0, 0.75, 1]) {
        const index = await indexOf(
          { a: "The Who", b: "It is" },
          { analyzer: createAnalyzer(), variant, b },
        );
        const hits = index.search("who", 5);
        expect(idsOf(hits)).toEqual(["a"]);
        expect(hits.every(({ score }) => Number.isFinite(score))).toBe(true);
      }
    },
  );

  test("finds nothing that was deleted, and all of it after compaction", async () => {
    const index = await indexOf(texts, { analyzer: createAnalyzer() });
    await index.delete(["title"]);
    await index.compact();
    expect(idsOf(index.search("The Who", 1))).toEqual(["band"]);
  });
});
