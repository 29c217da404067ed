import { join } from "node:path";
import { expect, test } from "vitest";
import { Bm25Index } from "../../src/lexical/bm25-index.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { generateTexts, mulberry32 } from "./generated-texts.ts";
import { expectBest, NaiveBm25 } from "./naive-bm25.ts";
import { whitespace } from "./whitespace-analyzer.ts";

const steps = 50_000;
const ids = ["__proto__", "constructor", "hasOwnProperty", "0", "-1", "é", "\ud800", " "].concat(
  Array.from({ length: 40 }, (_, place) => `id ${place}`),
);
const draw = mulberry32(4);
const below = (limit: number): number => Math.floor(draw() * limit);
const drawText = (): string => generateTexts(1, { draw, least: 0, most: 12 })[0] ?? "";
const drawDocument = () =>
  deepFreeze({
    id: ids[below(ids.length)] ?? "",
    text: drawText(),
    metadata: { even: below(2) === 0 },
  });
const isEven = (metadata: object | undefined): boolean =>
  metadata !== undefined && "even" in metadata && metadata.even === true;
const passesEven = (_id: string, metadata: object): boolean => isEven(metadata);

interface World {
  index: Bm25Index;
  readonly twin: NaiveBm25;
  readonly path: string;
}

/** How often each step is drawn of 10,000 times, and what it does to both. */
const actions: Readonly<Record<string, readonly [number, (world: World) => Promise<void>]>> = {
  add: [
    2500,
    async ({ index, twin }) => {
      const document = drawDocument();
      const isNew = !twin.has(document.id);
      const adding = index.add([document]).then(
        () => true,
        () => false,
      );
      expect(await adding).toBe(isNew);
      if (isNew) twin.put(document);
    },
  ],
  update: [
    2000,
    async ({ index, twin }) => {
      const document = drawDocument();
      await index.update([document]);
      twin.put(document);
    },
  ],
  delete: [
    2000,
    async ({ index, twin }) => {
      const { id } = drawDocument();
      expect(await index.delete([id])).toBe(twin.delete(id) ? 1 : 0);
    },
  ],
  search: [
    3400,
    async ({ index, twin }) => {
      const [query, k] = [drawText(), 1 + below(15)];
      const ranking = twin.search(query);
      expectBest(index.search(query, k), ranking, k);
      const even = new Set(
        twin.documents.filter(({ metadata }) => isEven(metadata)).map(({ id }) => id),
      );
      const filtered = ranking.filter(({ id }) => even.has(id));
      expectBest(index.search(query, k, { filter: even }), filtered, k);
      expectBest(index.search(query, k, { filter: passesEven }), filtered, k);
    },
  ],
  compact: [85, ({ index }) => index.compact()],
  "save and load": [
    15,
    async (world) => {
      await world.index.save(world.path);
      world.index = await Bm25Index.load(world.path, { analyzer: whitespace });
      const { index, twin } = world;
      expect([...index.ids()]).toEqual(twin.documents.map(({ id }) => id));
      for (const { id, text, metadata } of twin.documents) {
        expect(index.get(id)).toEqual({ text, metadata });
      }
    },
  ],
};
const lots = Object.entries(actions).flatMap(([name, [often]]) => Array<string>(often).fill(name));

test("does in 50,000 random steps what a naive twin does", async () => {
  const world = {
    index: new Bm25Index({ analyzer: whitespace, texts: "keep" }),
    twin: new NaiveBm25({ k1: 1.2, b: 0.75, delta: 0.5, variant: "lucene" }),
    path: join(await temporaryFolder(), "twin.bm25"),
  };
  const done = new Map<string, number>();
  for (let step = 0; step < steps; step += 1) {
    const name = lots[below(lots.length)] ?? "";
    await actions[name]?.[1](world);
    done.set(name, 1 + (done.get(name) ?? 0));
    expect(world.index.size).toBe(world.twin.size);
  }
  expect([...done.keys()].toSorted()).toEqual(Object.keys(actions).toSorted());
}, 120_000);
