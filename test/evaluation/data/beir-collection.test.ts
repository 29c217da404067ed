import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadBeir } from "../../../src/evaluation/data/beir-collection.ts";
import { temporaryFolder } from "../../vector-store/temporary-folder.ts";

const files = {
  "corpus.jsonl":
    '{"_id":"d1","title":"T","text":"one","metadata":{"url":"u"}}\n{"_id":"d2","text":""}\n',
  "queries.jsonl":
    '{"_id":"q2","text":"two?","metadata":{"kind":"exact"}}\n{"_id":"q0","text":"not judged"}\n{"_id":"q1","text":"one?"}\n',
  "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td1\t2\nq2\td9\t0\n",
  "qrels/dev.tsv": "query-id\tcorpus-id\tscore\nq0\td2\t1\n",
};

async function folderOf(changes: Partial<typeof files> = {}): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "qrels"));
  for (const [name, text] of Object.entries({ ...files, ...changes })) {
    await writeFile(join(folder, name), text);
  }
  return folder;
}

test("gives documents, the queries that are judged, and their judgements", async () => {
  const { corpus, queries, judgements } = await loadBeir(await folderOf());
  expect([...corpus]).toEqual([
    ["d1", { title: "T", text: "one", metadata: { url: "u" } }],
    ["d2", { title: "", text: "", metadata: {} }],
  ]);
  expect([...queries]).toEqual([
    ["q2", { text: "two?", metadata: { kind: "exact" } }],
    ["q1", { text: "one?", metadata: {} }],
  ]);
  expect([...judgements].map(([query, grades]) => [query, [...grades]])).toEqual([
    ["q1", [["d1", 1]]],
    [
      "q2",
      [
        ["d1", 2],
        ["d9", 0],
      ],
    ],
  ]);
});

test("takes the split that is asked for", async () => {
  const { queries, judgements } = await loadBeir(await folderOf(), { split: "dev" });
  expect([...queries.keys()]).toEqual(["q0"]);
  expect([...judgements.keys()]).toEqual(["q0"]);
});

test("refuses a judged query that has no text", async () => {
  const folder = await folderOf({ "queries.jsonl": '{"_id":"q1","text":"one?"}\n' });
  await expect(loadBeir(folder)).rejects.toThrow(
    expect.objectContaining({
      code: "invalid-input",
      message: `Expected ${join(folder, "queries.jsonl")} to contain every judged query, but "q2" is missing: add it, or remove its judgements.`,
    }),
  );
});

test.each([
  ["corpus.jsonl", '{"_id":1,"text":"one"}', 'the strings "_id" and "text"'],
  ["corpus.jsonl", '{"_id":"d1"}', 'the strings "_id" and "text"'],
  ["queries.jsonl", "q1\tone?", "a JSON object"],
])("refuses an invalid line of %s: %s", async (name, line, expected) => {
  const folder = await folderOf({ [name]: `${line}\n` });
  await expect(loadBeir(folder)).rejects.toThrow(
    `${join(folder, name)}:1: expected ${expected}, got ${JSON.stringify(line)}.`,
  );
});

test("refuses an id that is there twice, and a folder without the split", async () => {
  const folder = await folderOf({
    "corpus.jsonl": `${files["corpus.jsonl"]}{"_id":"d1","text":""}\n`,
  });
  await expect(loadBeir(folder)).rejects.toThrow("corpus.jsonl:3: expected each _id once, got");
  await expect(loadBeir(folder, { split: "train" })).rejects.toThrow(
    `Cannot read ${join(folder, "qrels/train.tsv")}: pass the path of a file.`,
  );
});
